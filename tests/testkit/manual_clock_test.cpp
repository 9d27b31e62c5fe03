#include "weir/testkit/manual_clock.hpp"

#include <gtest/gtest.h>

#include "weir/core/error.hpp"

namespace weir::testing {
namespace {

using namespace std::chrono_literals;

TEST(manual_clock, stands_still_until_advanced) {
  manual_clock clock(processing_clock::time_point{5s});
  EXPECT_EQ(clock.now().time_since_epoch(), 5s);
  EXPECT_EQ(clock.monotonic(), 0ns);
  clock.advance(1500us);
  EXPECT_EQ(clock.now().time_since_epoch(), 5001ms);
  EXPECT_EQ(clock.monotonic(), 1500us);
  clock.advance(500us);
  EXPECT_EQ(clock.now().time_since_epoch(), 5002ms);
}

TEST(manual_clock, does_not_go_back) {
  manual_clock clock;
  EXPECT_THROW(clock.advance(-1ns), error);
  EXPECT_EQ(clock.monotonic(), 0ns);
}

}  // namespace
}  // namespace weir::testing
