#include "weir/windows/combiner.hpp"

#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

namespace weir::detail {
namespace {

/// Strings that differ in length, in their last byte, or in zeros only.
std::vector<std::string> similar_strings() {
  std::vector<std::string> made;
  for (std::size_t size = 0; size <= 40; ++size) {
    std::string text(size, 'a');
    made.push_back(text);
    if (size == 0) continue;
    text.back() = 'b';
    made.push_back(text);
    text.back() = '\0';
    made.push_back(text);
  }
  return made;
}

TEST(combiner_key, of_text_holds_the_string_that_was_assigned_and_no_other) {
  const std::vector<std::string> strings = similar_strings();
  combiner_key<std::string_view> key;
  for (const std::string& taken : strings) {
    key.assign(combiner_key<std::string_view>::probe_of(taken), taken);
    EXPECT_EQ(key.get(), taken);
    EXPECT_EQ(key.hash(), stable_hash(taken));
    for (const std::string& other : strings) {
      EXPECT_EQ(key.holds(combiner_key<std::string_view>::probe_of(other), other), taken == other)
          << taken.size() << " and " << other.size() << " bytes";
    }
  }
}

TEST(combiner_key, of_text_survives_a_move) {
  for (const std::string& text : similar_strings()) {
    combiner_key<std::string> key;
    key.assign(combiner_key<std::string>::probe_of(text), text);
    combiner_key<std::string> moved(std::move(key));
    key = combiner_key<std::string>();
    EXPECT_EQ(moved.get(), text);
    key = std::move(moved);
    EXPECT_EQ(key.get(), text);
    EXPECT_EQ(key.to_probe().place(), combiner_key<std::string>::probe_of(text).place());
  }
}

TEST(combiner_key, of_text_reads_nothing_beyond_the_page_of_a_string) {
  const auto page = static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
  void* const mapped = mmap(nullptr, 2 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  ASSERT_NE(mapped, MAP_FAILED);
  char* const bytes = static_cast<char*>(mapped);
  ASSERT_EQ(mprotect(bytes + page, page, PROT_NONE), 0);
  for (std::size_t size = 1; size <= 15; ++size) {
    char* const text = bytes + page - size;
    std::fill(text, text + size, 'x');
    const std::string_view at_the_edge(text, size);
    combiner_key<std::string_view> key;
    key.assign(combiner_key<std::string_view>::probe_of(at_the_edge), at_the_edge);
    EXPECT_EQ(key.get(), std::string(size, 'x'));
  }
  munmap(mapped, 2 * page);
}

TEST(combiner_key, of_other_kinds_holds_what_was_assigned) {
  combiner_key<std::int32_t> number;
  number.assign(combiner_key<std::int32_t>::probe_of(-7), -7);
  EXPECT_TRUE(number.holds(combiner_key<std::int32_t>::probe_of(-7), -7));
  EXPECT_FALSE(number.holds(combiner_key<std::int32_t>::probe_of(7), 7));
  EXPECT_EQ(number.hash(), stable_hash(std::int32_t{-7}));

  using pair = std::tuple<std::string_view, std::int32_t>;
  combiner_key<pair> both;
  std::string text = "a name";
  both.assign(combiner_key<pair>::probe_of({text, 1}), {text, 1});
  text = "erased";
  EXPECT_TRUE(both.holds(combiner_key<pair>::probe_of({"a name", 1}), {"a name", 1}));
  EXPECT_FALSE(both.holds(combiner_key<pair>::probe_of({"a name", 2}), {"a name", 2}));
  EXPECT_EQ(both.hash(), stable_hash(pair{"a name", 1}));
}

using table = combiner<std::uint64_t, std::uint64_t>;

void add(table& into, std::uint64_t key, table::window_number window) {
  auto& place = table::place_of(into.entries(), into.shift(), combiner_key<std::uint64_t>::probe_of(key), window);
  place.key.assign(combiner_key<std::uint64_t>::probe_of(key), key);
  place.window = window;
  place.accumulator = 10 * key;
}

TEST(combiner, gives_the_entries_of_closed_windows_in_pieces) {
  table entries;
  entries.grow();
  const auto first = entries.number_of(from_epoch_ms(9), from_epoch_ms(1));
  const auto second = entries.number_of(from_epoch_ms(19), from_epoch_ms(12));
  EXPECT_EQ(entries.number_of(from_epoch_ms(9), from_epoch_ms(5)), first);
  for (std::uint64_t key = 0; key < 6; ++key) add(entries, key, key % 2 == 0 ? first : second);

  table::walk at;
  std::map<std::uint64_t, std::uint64_t> taken;
  const auto take = [&](table::entry& each) {
    EXPECT_EQ(entries.instant_of(each.window), from_epoch_ms(1));
    taken[each.key.get()] = each.accumulator;
  };
  EXPECT_FALSE(entries.take_closed(at, from_epoch_ms(9), 2, take));
  EXPECT_EQ(taken.size(), 2u);
  EXPECT_TRUE(entries.take_closed(at, from_epoch_ms(9), 2, take));
  EXPECT_EQ(taken, (std::map<std::uint64_t, std::uint64_t>{{0, 0}, {2, 20}, {4, 40}}));
  EXPECT_EQ(at.earliest, from_epoch_ms(19));
  EXPECT_FALSE(at.all);
}

TEST(combiner, keeps_its_entries_when_it_grows) {
  table entries;
  entries.grow();
  const auto window = entries.number_of(from_epoch_ms(9), from_epoch_ms(0));
  for (std::uint64_t key = 0; key < 200; ++key) add(entries, key * 7919, window);
  std::map<std::uint64_t, std::uint64_t> before;
  for (std::uint64_t key = 0; key < 200; ++key) {
    const auto probe = combiner_key<std::uint64_t>::probe_of(key * 7919);
    const auto& place = table::place_of(entries.entries(), entries.shift(), probe, window);
    if (place.key.holds(probe, key * 7919)) before[key * 7919] = place.accumulator;
  }
  ASSERT_GT(before.size(), 130u);
  entries.grow();
  for (const auto& [key, sum] : before) {
    const auto probe = combiner_key<std::uint64_t>::probe_of(key);
    const auto& place = table::place_of(entries.entries(), entries.shift(), probe, window);
    EXPECT_TRUE(place.key.holds(probe, key));
    EXPECT_EQ(place.accumulator, sum);
    EXPECT_EQ(place.window, window);
  }
}

TEST(combiner, lets_the_more_frequent_key_keep_its_place) {
  table::entry frequent;
  frequent.records = 10;
  for (int challenge = 0; challenge < 4; ++challenge) EXPECT_TRUE(frequent.defends());
  EXPECT_FALSE(frequent.defends());
}

}  // namespace
}  // namespace weir::detail
