#include "weir/windows/time_window.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <cstdint>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "weir/windows/duration_text.hpp"
#include "weir/windows/window_result.hpp"

namespace {

using namespace std::chrono_literals;
using weir::from_epoch_ms;
using weir::time_window;
using std::chrono::milliseconds;

TEST(window_start, is_as_observed) {  // Flink 2.2.0, case ASSIGN-01
  struct vector {
    std::int64_t size;
    std::int64_t offset;
    std::vector<std::pair<std::int64_t, std::int64_t>> pairs;
  };
  const vector vectors[] = {
      {7, 0, {{-8, -14}, {-7, -7}, {-6, -7}, {-1, -7}, {1, 0}, {6, 0}, {7, 7}, {8, 7}}},
      {7, 3, {{-10, -11}, {-9, -11}, {-3, -4}, {-2, -4}, {-1, -4}, {1, -4}, {2, -4}, {3, 3}, {9, 3}, {10, 10}}},
      {7, -2, {{-12, -16}, {-7, -9}, {-4, -9}, {-3, -9}, {2, -2}, {-1, -2}, {1, -2}, {-2, -2}, {3, -2}, {4, -2}, {7, 5},
               {12, 12}}},
      {86400000, -28800000, {{1470902048450, 1470844800000}}},
  };
  for (const vector& each : vectors) {
    for (const auto& [time, start] : each.pairs) {
      EXPECT_EQ(epoch_ms(weir::window_start(from_epoch_ms(time), milliseconds{each.size}, milliseconds{each.offset})),
                start)
          << "time " << time << ", size " << each.size << ", offset " << each.offset;
    }
  }
}

TEST(window_around, contains_its_time_and_lies_on_the_grid) {
  std::mt19937_64 random(20010301);
  for (int i = 0; i < 100000; ++i) {
    const std::int64_t size = 1 + static_cast<std::int64_t>(random() % 100000);
    const std::int64_t offset = static_cast<std::int64_t>(random() % (2 * size - 1)) - size + 1;
    const std::int64_t time = static_cast<std::int64_t>(random() % 2000000) - 1000000;
    const time_window window = weir::window_around(from_epoch_ms(time), milliseconds{size}, milliseconds{offset});
    SCOPED_TRACE("time " + std::to_string(time) + ", size " + std::to_string(size) + ", offset " +
                 std::to_string(offset));
    ASSERT_TRUE(window.contains(from_epoch_ms(time)));
    ASSERT_EQ(epoch_ms(window.end) - epoch_ms(window.start), size);
    ASSERT_EQ((epoch_ms(window.start) - offset) % size, 0);
  }
}

TEST(window_around, saturates_at_the_ends_of_time) {
  const time_window first = weir::window_around(from_epoch_ms(INT64_MIN + 1), 1h, -59min);
  EXPECT_EQ(first.start, weir::min_timestamp);
  EXPECT_EQ((epoch_ms(first.end) + 59 * 60000) % 3600000, 0);
  EXPECT_TRUE(first.contains(from_epoch_ms(INT64_MIN + 1)));
  const time_window last = weir::window_around(weir::max_timestamp, 1h);
  EXPECT_EQ(last.end, weir::max_timestamp);
  EXPECT_EQ(last.max_timestamp(), weir::max_timestamp);
  EXPECT_TRUE(last.contains(weir::max_timestamp));
  EXPECT_EQ(weir::window_around(weir::max_timestamp, milliseconds::max()).end, weir::max_timestamp);
  EXPECT_EQ(weir::window_around(from_epoch_ms(INT64_MIN), milliseconds::max(), 1ms - milliseconds::max()).start,
            from_epoch_ms(INT64_MIN));
}

TEST(time_window, ends_before_its_end) {
  const time_window window{from_epoch_ms(0), from_epoch_ms(1000)};
  EXPECT_EQ(window.max_timestamp(), from_epoch_ms(999));
  EXPECT_TRUE(window.contains(from_epoch_ms(0)));
  EXPECT_TRUE(window.contains(from_epoch_ms(999)));
  EXPECT_FALSE(window.contains(from_epoch_ms(1000)));
  EXPECT_FALSE(window.contains(from_epoch_ms(-1)));
  EXPECT_EQ((time_window{weir::min_timestamp, weir::min_timestamp}).max_timestamp(), weir::min_timestamp);
}

TEST(time_window, is_ordered_by_end) {
  const time_window early{from_epoch_ms(0), from_epoch_ms(10)};
  const time_window long_one{from_epoch_ms(-100), from_epoch_ms(20)};
  const time_window short_one{from_epoch_ms(10), from_epoch_ms(20)};
  EXPECT_LT(early, long_one);
  EXPECT_LT(long_one, short_one);
  EXPECT_EQ(early <=> early, std::strong_ordering::equal);
}

TEST(saturating_add, stops_at_the_limits) {
  EXPECT_EQ(weir::saturating_add(weir::max_timestamp, 1ms), weir::max_timestamp);
  EXPECT_EQ(weir::saturating_add(weir::min_timestamp, -1ms), weir::min_timestamp);
  EXPECT_EQ(weir::saturating_add(from_epoch_ms(5), -7ms), from_epoch_ms(-2));
  EXPECT_EQ(weir::saturating_add(weir::min_timestamp, milliseconds::max()), from_epoch_ms(-1));
}

TEST(duration_text, uses_the_largest_unit_that_fits) {
  EXPECT_EQ(weir::detail::duration_text(10s), "10s");
  EXPECT_EQ(weir::detail::duration_text(90min), "90min");
  EXPECT_EQ(weir::detail::duration_text(24h), "24h");
  EXPECT_EQ(weir::detail::duration_text(1500ms), "1500ms");
  EXPECT_EQ(weir::detail::duration_text(-8h), "-8h");
  EXPECT_EQ(weir::detail::duration_text(0ms), "0ms");
}

TEST(window_result, is_a_record_of_four_fields) {
  using result = weir::window_result<std::string, double>;
  std::vector<std::string_view> names;
  weir::for_each_field<result>([&](auto field) { names.push_back(decltype(field)::name); });
  EXPECT_EQ(names, (std::vector<std::string_view>{"key", "window_start", "window_end", "value"}));
  const result one{"k", from_epoch_ms(0), from_epoch_ms(10), 1.5};
  EXPECT_EQ(one, (result{"k", from_epoch_ms(0), from_epoch_ms(10), 1.5}));
  EXPECT_NE(one, (result{"k", from_epoch_ms(0), from_epoch_ms(10), 2.5}));
}

}  // namespace
