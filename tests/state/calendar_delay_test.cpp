#include "weir/state/calendar_delay.hpp"

#include <gtest/gtest.h>

#include <chrono>

namespace {

using weir::detail::calendar_delay;
using std::chrono::milliseconds;

/// `gone` of 64 looks find a row that can go.
void look(calendar_delay& delay, int gone) {
  for (int i = 0; i < 64; ++i) delay.count(i >= gone);
}

TEST(calendar_delay, grows_to_eight_intervals_while_keys_are_seen_again) {
  calendar_delay delay(milliseconds(100));
  EXPECT_EQ(delay.now(), milliseconds(50));
  for (const int expected : {100, 200, 400, 800, 800}) {
    look(delay, 15);
    EXPECT_EQ(delay.now(), milliseconds(expected));
  }
}

TEST(calendar_delay, grows_for_the_shortest_intervals_too) {
  calendar_delay delay(milliseconds(0));
  EXPECT_EQ(delay.now(), milliseconds(1));
  look(delay, 0);
  EXPECT_EQ(delay.now(), milliseconds(2));
}

TEST(calendar_delay, stays_while_a_quarter_to_a_half_of_the_rows_can_go) {
  calendar_delay delay(milliseconds(100));
  look(delay, 0);
  look(delay, 16);
  look(delay, 32);
  EXPECT_EQ(delay.now(), milliseconds(100));
}

TEST(calendar_delay, shrinks_to_half_an_interval_when_keys_are_not_seen_again) {
  calendar_delay delay(milliseconds(100));
  for (int i = 0; i < 3; ++i) look(delay, 0);
  for (const int expected : {200, 100, 50, 50}) {
    look(delay, 33);
    EXPECT_EQ(delay.now(), milliseconds(expected));
  }
}

}  // namespace
