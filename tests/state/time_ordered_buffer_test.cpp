#include "weir/state/time_ordered_buffer.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <random>
#include <string>
#include <utility>
#include <vector>

namespace {

using weir::epoch_ms;
using weir::from_epoch_ms;
using weir::detail::time_ordered_buffer;
using weir::detail::timed_value;

using buffer = time_ordered_buffer<timed_value<std::string>>;
using listed = std::vector<std::pair<std::int64_t, std::string>>;

template <class Range>
listed list_of(const Range& range) {
  listed all;
  for (const auto& each : range) all.emplace_back(epoch_ms(each.time), each.value);
  return all;
}

listed within(const listed& all, std::int64_t first, std::int64_t last) {
  listed found;
  for (const auto& each : all) {
    if (each.first >= first && each.first <= last) found.push_back(each);
  }
  return found;
}

// Against a sorted list: entries mostly in order, ranges of all kinds, the oldest removed now and then.
TEST(time_ordered_buffer, finds_ranges_of_times_like_a_sorted_list) {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    std::mt19937_64 random(seed);
    const auto below = [&](std::uint64_t limit) { return static_cast<std::int64_t>(random() % limit); };
    buffer tested;
    listed expected;
    const std::uint64_t dropped_in = 20 + random() % 100;
    for (std::int64_t step = 0; step < 600; ++step) {
      const std::int64_t time = step / 2 - (below(4) == 0 ? below(60) : 0);
      const std::string value = std::to_string(step);
      tested.insert({from_epoch_ms(time), value});
      expected.insert(std::upper_bound(expected.begin(), expected.end(), time,
                                       [](std::int64_t searched, const auto& each) { return searched < each.first; }),
                      {time, value});
      if (random() % dropped_in == 0) {
        const std::size_t count = random() % (expected.size() + 1);
        tested.drop_front(count);
        expected.erase(expected.begin(), expected.begin() + static_cast<std::ptrdiff_t>(count));
      }
      const std::int64_t first = time - 40 + below(80);
      const std::int64_t last = first - 1 + below(60);
      ASSERT_EQ(list_of(tested), expected);
      ASSERT_EQ(list_of(tested.within(from_epoch_ms(first), from_epoch_ms(last))), within(expected, first, last));
      const auto behind = static_cast<std::size_t>(tested.first_after(from_epoch_ms(last)) - tested.begin());
      ASSERT_EQ(behind, within(expected, INT64_MIN, last).size());
    }
  }
}

TEST(time_ordered_buffer, keeps_its_entries_when_it_is_moved) {
  buffer first;
  for (int i = 0; i < 5; ++i) first.insert({from_epoch_ms(i), std::to_string(i)});
  first.drop_front(2);
  buffer second = std::move(first);
  EXPECT_EQ(list_of(second), (listed{{2, "2"}, {3, "3"}, {4, "4"}}));
  buffer third;
  third = std::move(second);
  EXPECT_EQ(list_of(third), (listed{{2, "2"}, {3, "3"}, {4, "4"}}));
  third.clear();
  EXPECT_TRUE(third.empty());
  EXPECT_EQ(third.memory_bytes(), 0u);
  third.insert({from_epoch_ms(9), "9"});
  EXPECT_EQ(list_of(third), (listed{{9, "9"}}));
}

}  // namespace
