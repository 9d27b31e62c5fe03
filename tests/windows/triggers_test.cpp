// What each trigger answers, and which timers it sets. Expected answers are those of Apache Flink 2.2.
#include <gtest/gtest.h>

#include <chrono>
#include <string>

#include "tests/windows/refusal.hpp"
#include "tests/windows/triggered_window.hpp"
#include "weir/windows/continuous_trigger.hpp"
#include "weir/windows/count_trigger.hpp"
#include "weir/windows/delta_trigger.hpp"
#include "weir/windows/purging_trigger.hpp"
#include "weir/windows/time_triggers.hpp"
#include "weir/windows/timeout_trigger.hpp"

namespace weir::testing {
namespace {

using namespace std::chrono_literals;
using enum trigger_result;

TEST(event_time_trigger, fires_at_the_last_instant) {
  triggered_window window(on_event_time(), 0, 1000);
  EXPECT_EQ(window.element(1, 5), continue_);
  EXPECT_EQ(window.event_timers, at({999}));
  EXPECT_EQ(window.event_time(998), continue_);
  EXPECT_EQ(window.event_time(999), fire);
}

TEST(event_time_trigger, fires_at_once_behind_the_end) {
  triggered_window window(on_event_time(), 0, 1000);
  window.watermark = 999;
  EXPECT_EQ(window.element(1, 5), fire);
  EXPECT_TRUE(window.event_timers.empty());
  window.watermark = 998;
  EXPECT_EQ(window.element(1, 5), continue_);
}

TEST(event_time_trigger, sets_no_timer_for_a_merged_window_that_has_ended) {
  triggered_window window(on_event_time(), 0, 1000);
  window.merge(triggered_window(on_event_time(), 900, 1500), 0, 1500);
  EXPECT_EQ(window.event_timers, at({1499}));
  window.watermark = 2000;
  window.merge(triggered_window(on_event_time(), 1500, 1800), 0, 1800);
  EXPECT_TRUE(window.event_timers.empty());
}

TEST(processing_time_trigger, fires_at_the_last_instant_of_the_clock) {
  triggered_window window(on_processing_time(), 0, 1000);
  EXPECT_EQ(window.element(1, 5), continue_);
  EXPECT_EQ(window.processing_timers, at({999}));
  EXPECT_EQ(window.processing_time(999), fire);
  window.now = 1200;
  window.merge(triggered_window(on_processing_time(), 900, 1500), 0, 1500);
  EXPECT_EQ(window.processing_timers, at({1499}));
  window.merge(triggered_window(on_processing_time(), 900, 1100), 0, 1100);
  EXPECT_TRUE(window.processing_timers.empty());
}

TEST(count_trigger, fires_after_so_many_and_counts_anew) {
  triggered_window window(count_trigger(3), 0, 1000);
  for (int round = 0; round < 2; ++round) {
    EXPECT_EQ(window.element(1, 0), continue_);
    window.write_and_read();
    EXPECT_EQ(window.element(1, 0), continue_);
    EXPECT_EQ(window.element(1, 0), fire);
  }
  EXPECT_EQ(window.event_time(999), continue_);
  window.element(1, 0);
  window.element(1, 0);
  window.clear();
  EXPECT_EQ(window.element(1, 0), continue_);
}

TEST(count_trigger, adds_counts_and_looks_with_the_next_element) {
  triggered_window window(count_trigger(4), 0, 1000);
  triggered_window other(count_trigger(4), 1000, 2000);
  for (int i = 0; i < 3; ++i) {
    window.element(1, 0);
    other.element(1, 0);
  }
  window.merge(other, 0, 2000);
  EXPECT_EQ(window.state, 6);
  EXPECT_EQ(window.element(1, 0), fire);
  EXPECT_EQ(window.state, 0);
}

TEST(count_trigger, refuses_to_count_nothing) {
  EXPECT_EQ(refusal([] { count_trigger(0); }), "weir: count_trigger(0) counts nothing; give a number above zero");
}

TEST(purging_trigger, makes_each_firing_purge) {
  triggered_window window(purging(count_trigger(2)), 0, 1000);
  EXPECT_EQ(window.element(1, 0), continue_);
  EXPECT_EQ(window.element(1, 0), fire_and_purge);
  triggered_window timed(purging(on_event_time()), 0, 1000);
  EXPECT_EQ(timed.element(1, 0), continue_);
  EXPECT_EQ(timed.event_time(999), fire_and_purge);
  timed.watermark = 999;
  EXPECT_EQ(timed.element(1, 0), fire_and_purge);
}

TEST(continuous_trigger, fires_at_multiples_from_the_first_element_on) {
  triggered_window window(continuous(2s), 0, 10'000);
  EXPECT_EQ(window.element(1, 2500), continue_);
  EXPECT_EQ(window.event_timers, at({4000, 9999}));
  EXPECT_EQ(window.element(1, 100), continue_);  // the first element's time stands
  EXPECT_EQ(window.event_timers, at({4000, 9999}));
  window.write_and_read();
  EXPECT_EQ(window.event_time(3000), continue_);
  EXPECT_EQ(window.event_time(4000), fire);
  EXPECT_EQ(window.event_timers, at({6000, 9999}));
  window.event_time(6000);
  window.event_time(8000);
  EXPECT_EQ(window.event_timers, at({9999}));  // 10000 would be behind the end
  EXPECT_EQ(window.event_time(9999), fire);
}

TEST(continuous_trigger, truncates_before_the_epoch_as_flink_does) {
  triggered_window window(continuous(10ms), -100, 100);
  window.element(1, -15);
  EXPECT_EQ(window.event_timers, at({0, 99}));  // rounded down it would be -10
}

TEST(continuous_trigger, fires_at_once_behind_the_end) {
  triggered_window window(continuous(2s), 0, 10'000);
  window.watermark = 9999;
  EXPECT_EQ(window.element(1, 2500), fire);
}

TEST(continuous_trigger, leaves_the_timer_at_the_end_when_it_is_cleared) {
  triggered_window window(continuous(2s), 0, 10'000);
  window.element(1, 2500);
  window.clear();
  EXPECT_EQ(window.event_timers, at({9999}));
  EXPECT_EQ(window.state, std::nullopt);
}

TEST(continuous_trigger, keeps_the_earlier_time_when_windows_merge) {
  triggered_window window(continuous(2s), 0, 3000);
  triggered_window other(continuous(2s), 2500, 5500);
  window.element(1, 0);
  other.element(1, 2500);
  other.merge(window, 0, 5500);
  EXPECT_EQ(other.event_timers, at({2000}));
}

TEST(continuous_trigger, ends_with_the_input_where_windows_have_no_end) {
  constexpr auto never = 9223372036854775807;
  triggered_window window(continuous(1s), epoch_ms(min_timestamp), never);
  window.element(1, 500);
  window.watermark = never;
  EXPECT_EQ(window.event_time(1000), fire);
  EXPECT_EQ(window.event_timers, at({never}));
  EXPECT_EQ(window.event_time(never), fire);
}

TEST(continuous_trigger, by_the_wall_clock_counts_from_its_multiples) {
  triggered_window window(continuous<processing_clock>(5ms), 0, 10);
  window.now = 2;
  EXPECT_EQ(window.element(1, 0), continue_);
  EXPECT_EQ(window.processing_timers, at({5}));
  EXPECT_EQ(window.processing_time(5), fire);
  EXPECT_EQ(window.processing_timers, at({9}));
  EXPECT_EQ(window.processing_time(7), continue_);
  EXPECT_EQ(window.processing_time(9), fire);
}

TEST(continuous_trigger, goes_on_by_the_wall_clock_in_a_window_that_has_long_ended_by_it) {
  triggered_window window(continuous<processing_clock>(5ms), 0, 10);
  window.now = 12;
  window.element(1, 0);
  EXPECT_EQ(window.processing_timers, at({15}));
  window.now = 40;
  EXPECT_EQ(window.processing_time(15), fire);
  EXPECT_EQ(window.processing_timers, at({20}));
  triggered_window ends_now(continuous<processing_clock>(5ms), 0, 10);
  ends_now.now = 9;
  ends_now.element(1, 0);
  EXPECT_EQ(ends_now.processing_timers, at({9}));
  EXPECT_EQ(ends_now.processing_time(9), fire);
  EXPECT_EQ(ends_now.processing_timers, at({14}));
}

TEST(continuous_trigger, refuses_an_interval_that_is_none) {
  EXPECT_EQ(refusal([] { continuous(0s); }), "weir: continuous(0ms) has no interval; give a duration above zero");
  EXPECT_EQ(refusal([] { continuous<processing_clock>(-1s); }),
            "weir: continuous<processing_clock>(-1s) has no interval; give a duration above zero");
}

TEST(delta_trigger, fires_when_an_element_is_further_than_the_threshold) {
  const auto ahead = [](int last, int next) { return next - last; };
  triggered_window window(delta(2.0, ahead), 0, 1000);
  EXPECT_EQ(window.element(1, 0), continue_);
  EXPECT_EQ(window.element(3, 0), continue_);  // exactly 2
  window.write_and_read();
  EXPECT_EQ(window.element(4, 0), fire);
  EXPECT_EQ(window.element(6, 0), continue_);  // from 4 now
  EXPECT_EQ(window.element(7, 0), fire);
  window.clear();
  EXPECT_EQ(window.element(100, 0), continue_);
}

TEST(delta_trigger, cannot_merge) {
  const auto trigger = delta(1.0, [](int, int) { return 0; });
  static_assert(!trigger_can_merge<decltype(trigger), int>);
  static_assert(!trigger_can_merge<decltype(purging(trigger)), int>);
  static_assert(!trigger_can_merge<decltype(timeout(trigger, 1s)), int>);
  static_assert(trigger_can_merge<decltype(purging(timeout(count_trigger(3), 1s))), int>);
  static_assert(trigger_can_merge<continuous_trigger<processing_clock>, int>);
}

TEST(timeout_trigger, fires_after_the_first_element_since_the_last_firing) {
  triggered_window window(timeout(count_trigger(3), 50ms), 0, 1000);
  EXPECT_EQ(window.element(1, 0), continue_);
  window.now = 10;
  EXPECT_EQ(window.element(1, 0), continue_);
  EXPECT_EQ(window.processing_timers, at({50}));
  window.now = 50;
  window.write_and_read();
  EXPECT_EQ(window.processing_time(50), fire);
  EXPECT_EQ(window.element(1, 0), continue_);  // the count began anew
  EXPECT_EQ(window.element(1, 0), continue_);
  EXPECT_EQ(window.processing_timers, at({100}));
  EXPECT_EQ(window.element(1, 0), fire);
  EXPECT_TRUE(window.processing_timers.empty());
}

TEST(timeout_trigger, counts_from_the_last_element_if_asked) {
  triggered_window window(timeout(count_trigger(3), 50ms, timeout_from::last_element), 0, 1000);
  window.element(1, 0);
  window.now = 10;
  window.element(1, 0);
  EXPECT_EQ(window.processing_timers, at({60}));
}

TEST(timeout_trigger, keeps_the_count_if_asked) {
  triggered_window window(timeout(count_trigger(3), 50ms, timeout_from::first_element, at_timeout::keep), 0, 1000);
  window.element(1, 0);
  window.element(1, 0);
  EXPECT_EQ(window.processing_time(50), fire);
  EXPECT_EQ(window.element(1, 0), fire);
}

TEST(timeout_trigger, purges_only_where_the_inner_trigger_does_so_at_that_moment) {
  triggered_window counted(timeout(purging(count_trigger(3)), 50ms), 0, 1000);
  counted.element(1, 0);
  EXPECT_EQ(counted.processing_time(50), fire);
  triggered_window timed(timeout(purging(on_event_time()), 50ms), 0, 1000);
  timed.element(1, 0);
  EXPECT_EQ(timed.event_time(999), fire_and_purge);
}

TEST(timeout_trigger, keeps_the_earlier_timeout_when_windows_merge) {
  triggered_window window(timeout(count_trigger(3), 50ms), 0, 1000);
  triggered_window other(timeout(count_trigger(3), 50ms), 0, 1000);
  window.now = 30;
  window.element(1, 0);
  other.element(1, 0);
  window.merge(other, 0, 1000);
  EXPECT_EQ(window.processing_timers, at({50}));
  EXPECT_EQ(window.element(1, 0), fire);
}

TEST(timeout_trigger, refuses_a_timeout_that_is_over) {
  EXPECT_EQ(refusal([] { timeout(count_trigger(3), 0ms); }),
            "weir: timeout(..., 0ms) is over at once; give a duration above zero");
}

TEST(triggers, describe_themselves) {
  EXPECT_EQ(purging(timeout(count_trigger(3), 50ms)).describe(), "purging(timeout(count_trigger(3), 50ms))");
  EXPECT_EQ(timeout(on_event_time(), 1s, timeout_from::last_element, at_timeout::keep).describe(),
            "timeout(on_event_time(), 1s, from last element, keep)");
  EXPECT_EQ(continuous(1min).describe(), "continuous(1min)");
}

}  // namespace
}  // namespace weir::testing
