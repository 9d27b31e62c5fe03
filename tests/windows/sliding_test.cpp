// Sliding windows, and the slices that they are put together from.
#include "weir/windows/sliding.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <optional>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "weir/core/error.hpp"
#include "weir/windows/slice_windows.hpp"

namespace {

using namespace std::chrono_literals;
using std::chrono::milliseconds;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using weir::epoch_ms;
using weir::from_epoch_ms;
using weir::sliding;
using weir::time_window;

using bounds = std::pair<std::int64_t, std::int64_t>;

std::vector<bounds> windows_at(const weir::sliding_windows& windows, std::int64_t ms) {
  std::vector<bounds> found;
  windows.assign(from_epoch_ms(ms), [&](const time_window& window) {
    found.emplace_back(epoch_ms(window.start), epoch_ms(window.end));
  });
  return found;
}

TEST(sliding, leaves_holes_where_the_slide_is_larger_than_the_size) {
  EXPECT_THAT(windows_at(sliding(2s, 5s), 1999), ElementsAre(bounds{0, 2000}));
  EXPECT_THAT(windows_at(sliding(2s, 5s), 2000), ElementsAre());
  EXPECT_THAT(windows_at(sliding(2s, 5s), 4999), ElementsAre());
}

std::string message_of(milliseconds size, milliseconds slide, milliseconds offset = {}) {
  try {
    static_cast<void>(sliding(size, slide, offset));
  } catch (const weir::error& refused) {
    return refused.what();
  }
  return {};
}

TEST(sliding, refuses_what_is_no_window) {
  EXPECT_EQ(message_of(0s, 1s), "weir: sliding(0ms, 1s) is no window; give a size and a slide above zero");
  EXPECT_EQ(message_of(1s, 0s), "weir: sliding(1s, 0ms) is no window; give a size and a slide above zero");
  EXPECT_EQ(message_of(9s, 2s, 2s), "weir: sliding(9s, 2s, 2s) starts a whole slide away; give an offset smaller than the slide");
  EXPECT_THAT(message_of(9s, 2s, -2s), HasSubstr("offset"));
  EXPECT_EQ(message_of(9s, 2s, -1s), "");
  EXPECT_THROW(sliding(2s, 1s).assign(weir::min_timestamp, [](const time_window&) {}), weir::error);
}

TEST(sliding, describes_itself) {
  EXPECT_EQ(sliding(60s, 1s).describe(), "sliding(1min, 1s)");
  EXPECT_EQ(sliding(1h, 90s, 500ms).describe(), "sliding(1h, 90s, 500ms)");
}

TEST(sliding, does_not_overflow_at_the_ends_of_time) {
  int windows = 0;
  const auto count = [&](const time_window& window) {
    EXPECT_LE(window.start, window.end);
    ++windows;
  };
  sliding(5s, 2s).assign(weir::max_timestamp, count);
  sliding(5s, 2s).assign(from_epoch_ms(INT64_MIN + 1), count);
  EXPECT_GE(windows, 4);
}

// ---- slices -----------------------------------------------------------------------------------------------------------

/// Every window that could contain a time in [-200, 200), by plain counting.
std::vector<bounds> all_windows(std::int64_t size, std::int64_t slide, std::int64_t offset) {
  std::vector<bounds> all;
  for (std::int64_t n = -2000; n < 2000; ++n) all.emplace_back(offset + n * slide, offset + n * slide + size);
  return all;
}

TEST(slices, are_what_windows_are_made_of) {
  for (std::uint64_t seed = 1; seed <= 60; ++seed) {
    std::mt19937_64 random(seed);
    const auto size = static_cast<std::int64_t>(1 + random() % 40);
    const auto slide = static_cast<std::int64_t>(1 + random() % 20);
    const auto offset = static_cast<std::int64_t>(random() % static_cast<std::uint64_t>(2 * slide - 1)) - slide + 1;
    SCOPED_TRACE(testing::Message() << "seed " << seed << ": " << size << ", " << slide << ", " << offset);
    const auto windows = sliding(milliseconds(size), milliseconds(slide), milliseconds(offset));
    const weir::detail::slice_windows slices(windows);
    const std::vector<bounds> all = all_windows(size, slide, offset);
    for (std::int64_t ms = -100; ms < 100; ++ms) {
      std::vector<bounds> expected;
      for (const bounds& each : all) {
        if (each.first <= ms && ms < each.second) expected.push_back(each);
      }
      ASSERT_EQ(windows_at(windows, ms), expected);

      const weir::timestamp time = from_epoch_ms(ms);
      ASSERT_EQ(slices.in_hole(time), expected.empty());
      const time_window slice = slices.assign(time);
      if (expected.empty()) {
        ASSERT_EQ(slice.max_timestamp(), weir::min_timestamp);
      } else {
        ASSERT_TRUE(slice.contains(time));
        ASSERT_EQ(windows_at(windows, epoch_ms(slice.start)), expected);  // all of it lies in the same windows
        ASSERT_EQ(windows_at(windows, epoch_ms(slice.max_timestamp())), expected);
        ASSERT_EQ(epoch_ms(slices.first_window(slice.start).start), expected.front().first);
      }
      // As a watermark: the first window that it has not closed, and how far nothing else is needed.
      const auto open = std::find_if(all.begin(), all.end(), [&](const bounds& each) { return each.second - 1 > ms; });
      ASSERT_EQ(epoch_ms(slices.first_open(time).start), open->first);
      ASSERT_EQ(epoch_ms(slices.closed_by(time)), open->first - 1);
    }
  }
}

TEST(slices, are_as_long_as_they_can_be) {
  const auto length = [](const weir::sliding_windows& windows) {
    const time_window slice = weir::detail::slice_windows(windows).assign(from_epoch_ms(0));
    return slice.end - slice.start;
  };
  EXPECT_EQ(length(sliding(60s, 1s)), 1s);
  EXPECT_EQ(length(sliding(60s, 40s)), 20s);
  EXPECT_EQ(length(sliding(10s, 10s)), 10s);
  EXPECT_EQ(length(sliding(7ms, 5ms)), 1ms);
}

TEST(slices, of_a_window_end_their_block_inside_it) {
  for (std::uint64_t seed = 1; seed <= 60; ++seed) {
    std::mt19937_64 random(seed);
    const auto size = static_cast<std::int64_t>(1 + random() % 40);
    const auto slide = static_cast<std::int64_t>(1 + random() % 20);
    const auto offset = static_cast<std::int64_t>(random() % static_cast<std::uint64_t>(slide));
    const weir::detail::slice_windows slices(sliding(milliseconds(size), milliseconds(slide), milliseconds(offset)));
    std::optional<std::int64_t> last;
    for (std::int64_t n = -50; n < 50; ++n) {
      const time_window window{from_epoch_ms(offset + n * slide), from_epoch_ms(offset + n * slide + size)};
      const weir::timestamp end = slices.block_end(window);
      EXPECT_LT(window.start, end);
      EXPECT_LE(end, window.end);
      if (last) {
        EXPECT_EQ((epoch_ms(end) - *last) % size, 0);  // borders are a window apart, whatever the window
      }
      last = epoch_ms(end);
    }
  }
}

}  // namespace
