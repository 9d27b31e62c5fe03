#include "weir/core/error.hpp"
#include "weir/windows/tumbling.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <string>

namespace {

using namespace std::chrono_literals;
using weir::from_epoch_ms;
using weir::time_window;
using weir::tumbling;

template <class Make>
std::string refusal(Make make) {
  try {
    make();
  } catch (const weir::error& refused) {
    return refused.what();
  }
  return "";
}

TEST(tumbling, assigns_touching_windows) {
  EXPECT_EQ(tumbling(1s).assign(from_epoch_ms(0)), (time_window{from_epoch_ms(0), from_epoch_ms(1000)}));
  EXPECT_EQ(tumbling(1s).assign(from_epoch_ms(999)), (time_window{from_epoch_ms(0), from_epoch_ms(1000)}));
  EXPECT_EQ(tumbling(1s).assign(from_epoch_ms(1000)), (time_window{from_epoch_ms(1000), from_epoch_ms(2000)}));
  EXPECT_EQ(tumbling(1s).assign(from_epoch_ms(-1)), (time_window{from_epoch_ms(-1000), from_epoch_ms(0)}));
}

TEST(tumbling, of_a_day_starts_at_local_midnight_with_an_offset) {
  // 2016-08-11T07:54:08.450Z is in the day of UTC+8 that starts at 2016-08-10T16:00Z.
  EXPECT_EQ(tumbling(24h, -8h).assign(from_epoch_ms(1470902048450)),
            (time_window{from_epoch_ms(1470844800000), from_epoch_ms(1470931200000)}));
}

TEST(tumbling, refuses_sizes_and_offsets_that_make_no_window) {
  EXPECT_EQ(refusal([] { tumbling(0ms); }), "weir: tumbling(0ms) is no window; give a size above zero");
  EXPECT_EQ(refusal([] { tumbling(-5s); }), "weir: tumbling(-5s) is no window; give a size above zero");
  EXPECT_EQ(refusal([] { tumbling(10s, 10s); }),
            "weir: tumbling(10s, 10s) starts a whole window away; give an offset smaller than the size");
  EXPECT_EQ(refusal([] { tumbling(10s, -11s); }),
            "weir: tumbling(10s, -11s) starts a whole window away; give an offset smaller than the size");
  EXPECT_EQ(refusal([] { tumbling(10s, -9999ms); }), "");
}

TEST(tumbling, refuses_a_record_without_event_time) {
  EXPECT_EQ(refusal([] { tumbling(10s).assign(weir::min_timestamp); }),
            "weir: a record without event time reached tumbling(10s); give its source event_time(...) or use a "
            "processing-time window");
}

TEST(tumbling, describes_itself_as_written) {
  EXPECT_EQ(tumbling(10s).describe(), "tumbling(10s)");
  EXPECT_EQ(tumbling(24h, -8h).describe(), "tumbling(24h, -8h)");
  EXPECT_TRUE(tumbling(10s).fires());
}

}  // namespace
