#include "weir/dsl/parse_duration.hpp"

#include <gtest/gtest.h>

namespace weir::detail {
namespace {

using namespace std::chrono_literals;

TEST(parse_duration, takes_a_number_with_a_unit_or_of_the_unit_of_the_option) {
  EXPECT_EQ(parse_duration("250", 1ms), 250ms);
  EXPECT_EQ(parse_duration("250", 1us), 250us);
  EXPECT_EQ(parse_duration("0", 1ms), 0ms);
  EXPECT_EQ(parse_duration("7us", 1ms), 7us);
  EXPECT_EQ(parse_duration("500ms", 1us), 500ms);
  EXPECT_EQ(parse_duration("1s", 1ms), 1s);
  EXPECT_EQ(parse_duration("1.5s", 1ms), 1500ms);
  EXPECT_EQ(parse_duration("2min", 1ms), 2min);
  EXPECT_EQ(parse_duration("3h", 1ms), 3h);
  EXPECT_EQ(parse_duration("2d", 1ms), 48h);
}

TEST(parse_duration, refuses_everything_else) {
  for (const char* wrong : {"",    "s",    "ms",  "-1s", "+1s", "1m",  "1 s", "1sec",         "1S",    "one",
                            "1s2", "0x10", "1e3", " 1",  "1 ",  "nan", "inf", "99999999999h", "1..5s", ".5s"}) {
    EXPECT_EQ(parse_duration(wrong, 1ms), std::nullopt) << wrong;
  }
}

}  // namespace
}  // namespace weir::detail
