#include "weir/runtime/watermark_generator.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <cstdint>
#include <optional>
#include <sstream>
#include <string>
#include <vector>

namespace {

using namespace std::chrono_literals;
using weir::ascending;
using weir::from_epoch_ms;
using weir::idle_timer;
using weir::out_of_orderness;
using weir::detail::bounded_out_of_orderness_generator;

TEST(watermark_generator, trails_the_latest_time_by_the_bound) {  // WMGEN-01, observed on Flink 2.2.0
  struct observation {
    std::vector<std::int64_t> times;
    std::int64_t watermark;
  };
  const observation observations[] = {
      {{}, INT64_MIN}, {{1337}, 1326}, {{12345, 12300, 12340, 12280}, 12334}, {{723456}, 723445}};
  for (const observation& each : observations) {
    bounded_out_of_orderness_generator generator(out_of_orderness(10ms));
    for (const std::int64_t time : each.times) generator.observe(from_epoch_ms(time));
    EXPECT_EQ(epoch_ms(generator.current()), each.watermark);
  }
}

TEST(watermark_generator, of_ascending_times_leaves_room_for_equal_ones) {
  bounded_out_of_orderness_generator generator(ascending());
  generator.observe(from_epoch_ms(100));
  EXPECT_EQ(generator.next(), from_epoch_ms(99));
}

TEST(watermark_generator, emits_only_rising_watermarks) {
  bounded_out_of_orderness_generator generator(out_of_orderness(5ms));
  EXPECT_EQ(generator.next(), std::nullopt);
  generator.observe(from_epoch_ms(100));
  EXPECT_EQ(generator.next(), from_epoch_ms(94));
  EXPECT_EQ(generator.next(), std::nullopt);
  generator.observe(from_epoch_ms(100));
  generator.observe(from_epoch_ms(60));
  EXPECT_EQ(generator.next(), std::nullopt);
  generator.observe(from_epoch_ms(101));
  EXPECT_EQ(generator.next(), from_epoch_ms(95));
}

TEST(watermark_generator, stays_in_range) {
  bounded_out_of_orderness_generator wide{out_of_orderness(std::chrono::milliseconds::max())};
  EXPECT_EQ(wide.current(), weir::min_timestamp);
  wide.observe(weir::min_timestamp);
  EXPECT_EQ(wide.current(), weir::min_timestamp);
  wide.observe(from_epoch_ms(1000));
  EXPECT_EQ(epoch_ms(wide.current()), 1000 - INT64_MAX);
  bounded_out_of_orderness_generator narrow{ascending()};
  narrow.observe(weir::min_timestamp);
  EXPECT_EQ(narrow.next(), std::nullopt);
  narrow.observe(weir::max_timestamp);
  EXPECT_EQ(epoch_ms(*narrow.next()), INT64_MAX - 1);  // a record never ends its input
}

TEST(watermark_generator, goes_on_from_a_restored_maximum) {
  bounded_out_of_orderness_generator before(out_of_orderness(10ms));
  before.observe(from_epoch_ms(500));
  bounded_out_of_orderness_generator after(out_of_orderness(10ms));
  after.restore(before.latest());
  after.observe(from_epoch_ms(450));
  EXPECT_EQ(after.next(), from_epoch_ms(489));
}

TEST(out_of_orderness, refuses_a_negative_bound) {
  try {
    out_of_orderness(-5ms);
    FAIL() << "accepted";
  } catch (const weir::error& refused) {
    EXPECT_STREQ(refused.what(),
                 "weir: out_of_orderness(-5ms) is negative; give the largest delay of a record behind a later one");
  }
  EXPECT_EQ(ascending(), out_of_orderness(0ms));
  EXPECT_EQ(out_of_orderness(5s).bound(), 5000ms);
}

TEST(idle_timer, starts_at_the_first_check_without_activity) {  // WMGEN-02, observed on Flink 2.2.0
  struct observation {
    std::int64_t timeout;
    std::string script;
    bool idle;
  };
  const observation observations[] = {
      {10, "check", false},
      {10, "check 11 check", true},
      {122, "check 123 check 100 check", true},
      {10, "check 11 check activity check", false},
      {122, "check 123 check activity check check 123 check", true},
      {10, "check 10 check", false},  // the timeout must be exceeded
  };
  for (const observation& each : observations) {
    idle_timer timer{std::chrono::milliseconds(each.timeout)};
    std::chrono::nanoseconds now = 0ns;  // a start at zero is a time like any other
    bool idle = false;
    std::istringstream script(each.script);
    for (std::string word; script >> word;) {
      if (word == "check") {
        idle = timer.check(now);
      } else if (word == "activity") {
        timer.activity();
      } else {
        now += std::chrono::milliseconds(std::stoll(word));
      }
    }
    EXPECT_EQ(idle, each.idle) << each.script;
  }
}

TEST(idle_timer, refuses_a_timeout_of_nothing) {
  EXPECT_THROW(idle_timer(0ns), weir::error);
  EXPECT_THROW(idle_timer(-1s), weir::error);
}

}  // namespace
