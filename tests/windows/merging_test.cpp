// How windows become one: all at once, and one by one with the state of the first.
#include "weir/windows/merging.hpp"

#include <gtest/gtest.h>

#include <optional>
#include <vector>

namespace {

using namespace weir;

time_window in(std::int64_t start, std::int64_t end) { return {from_epoch_ms(start), from_epoch_ms(end)}; }

TEST(merge_windows, leaves_single_ones_alone) {
  EXPECT_TRUE(merge_windows({}).empty());
  EXPECT_TRUE(merge_windows({in(0, 0)}).empty());
  EXPECT_TRUE(merge_windows({in(0, 1)}).empty());
  EXPECT_TRUE(merge_windows({in(5, 6), in(0, 1)}).empty());
}

TEST(merge_windows, joins_those_that_touch) {
  const auto merged = merge_windows({in(5, 6), in(1, 2), in(0, 1), in(4, 5), in(2, 3)});
  ASSERT_EQ(merged.size(), 2U);
  EXPECT_EQ(merged[0].result, in(0, 3));
  EXPECT_EQ(merged[0].sources, (std::vector{in(0, 1), in(1, 2), in(2, 3)}));
  EXPECT_EQ(merged[1].result, in(4, 6));
  EXPECT_EQ(merged[1].sources, (std::vector{in(4, 5), in(5, 6)}));
}

TEST(merge_windows, absorbs_windows_that_lie_in_others) {
  const auto merged = merge_windows({in(1, 1), in(0, 2), in(4, 7), in(5, 6)});
  ASSERT_EQ(merged.size(), 2U);
  EXPECT_EQ(merged[0].result, in(0, 2));
  EXPECT_EQ(merged[1].result, in(4, 7));
}

/// The windows of a key as the operator keeps them; `state` is the window whose state each has.
struct in_flight {
  timestamp start;
  timestamp end;
  time_window state;
};

struct joined {
  time_window result;
  time_window state;
  std::optional<std::vector<time_window>> sources;  ///< of a merge
};

class window_set {
 public:
  joined add(const time_window& window) {
    std::optional<std::vector<time_window>> sources;
    const in_flight& found = detail::join_window(
        windows_, window, [](const time_window& of) { return in_flight{of.start, of.end, of}; },
        [&](in_flight& first, const time_window&, auto from, auto to) {
          sources.emplace().push_back({first.start, first.end});
          for (auto other = from; other != to; ++other) sources->push_back({other->start, other->end});
        });
    return {{found.start, found.end}, found.state, sources};
  }
  void retire(const time_window& window) {
    std::erase_if(windows_, [&](const in_flight& each) { return time_window{each.start, each.end} == window; });
  }
  std::optional<time_window> state_of(const time_window& window) const {
    for (const in_flight& each : windows_) {
      if (time_window{each.start, each.end} == window) return each.state;
    }
    return std::nullopt;
  }

 private:
  std::vector<in_flight> windows_;
};

// MergingWindowSetTest#testIncrementalMerging of Apache Flink.
TEST(join_window, keeps_the_state_where_it_is_while_a_window_grows) {
  window_set set;
  const auto expect = [&](const time_window& added, const time_window& result, const time_window& state,
                          const std::optional<std::vector<time_window>>& sources) {
    const joined got = set.add(added);
    EXPECT_EQ(got.result, result);
    EXPECT_EQ(got.state, state);
    EXPECT_EQ(got.sources, sources);
  };
  expect(in(0, 4), in(0, 4), in(0, 4), std::nullopt);
  expect(in(0, 4), in(0, 4), in(0, 4), std::nullopt);
  expect(in(3, 5), in(0, 5), in(0, 4), std::vector{in(0, 4)});
  expect(in(4, 6), in(0, 6), in(0, 4), std::vector{in(0, 5)});
  expect(in(1, 4), in(0, 6), in(0, 4), std::nullopt);
  expect(in(3, 5), in(0, 6), in(0, 4), std::nullopt);
  expect(in(11, 14), in(11, 14), in(11, 14), std::nullopt);
  expect(in(10, 13), in(10, 14), in(11, 14), std::vector{in(11, 14)});
  expect(in(12, 15), in(10, 15), in(11, 14), std::vector{in(10, 14)});
  set.retire(in(0, 6));
  EXPECT_EQ(set.state_of(in(0, 6)), std::nullopt);
  EXPECT_EQ(set.state_of(in(10, 15)), in(11, 14));
}

TEST(join_window, lets_one_window_bridge_several) {
  window_set set;
  set.add(in(20, 22));
  set.add(in(0, 4));
  set.add(in(10, 12));
  const joined got = set.add(in(4, 20));
  EXPECT_EQ(got.result, in(0, 22));
  EXPECT_EQ(got.state, in(0, 4));
  EXPECT_EQ(got.sources, (std::vector{in(0, 4), in(10, 12), in(20, 22)}));
  EXPECT_EQ(set.state_of(in(10, 12)), std::nullopt);
}

}  // namespace
