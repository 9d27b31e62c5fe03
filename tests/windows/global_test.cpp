#include "weir/windows/global.hpp"

#include <gtest/gtest.h>

namespace {

TEST(global, is_one_window_that_only_the_end_of_input_reaches) {
  const weir::time_window window = weir::global().assign(weir::from_epoch_ms(5));
  EXPECT_EQ(window, weir::global().assign(weir::min_timestamp));  // a record without event time is welcome
  EXPECT_TRUE(window.contains(weir::min_timestamp));
  EXPECT_TRUE(window.contains(weir::max_timestamp));
  EXPECT_EQ(window.max_timestamp(), weir::max_timestamp);
}

TEST(global, fires_only_where_asked_to) {
  EXPECT_FALSE(weir::global().fires());
  EXPECT_TRUE(weir::global(weir::at_end_of_input).fires());
  EXPECT_EQ(weir::global().describe(), "global()");
  EXPECT_EQ(weir::global(weir::at_end_of_input).describe(), "global(at_end_of_input)");
}

}  // namespace
