// Which windows sliding, session and the assigners by the wall clock give. Expected windows are written out by hand.
#include <gtest/gtest.h>

#include <chrono>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "tests/windows/refusal.hpp"
#include "weir/windows/session.hpp"
#include "weir/windows/sliding.hpp"
#include "weir/windows/tumbling.hpp"
#include "weir/windows/windowing.hpp"

namespace {

using namespace std::chrono_literals;
using namespace weir;
using weir::testing::refusal;
using bounds = std::vector<std::pair<std::int64_t, std::int64_t>>;

template <class Assigner>
bounds windows_of(const Assigner& assigner, std::int64_t time) {
  bounds found;
  each_window(assigner, 0, from_epoch_ms(time),
              [&](const time_window& window) { found.emplace_back(epoch_ms(window.start), epoch_ms(window.end)); });
  return found;
}

TEST(sliding, assigns_each_window_that_contains_the_time) {
  EXPECT_EQ(windows_of(sliding(5s, 1s), 0),
            (bounds{{-4000, 1000}, {-3000, 2000}, {-2000, 3000}, {-1000, 4000}, {0, 5000}}));
  EXPECT_EQ(windows_of(sliding(5s, 1s), 4999),
            (bounds{{0, 5000}, {1000, 6000}, {2000, 7000}, {3000, 8000}, {4000, 9000}}));
  EXPECT_EQ(windows_of(sliding(5s, 2s), -1), (bounds{{-4000, 1000}, {-2000, 3000}}));
  EXPECT_EQ(windows_of(sliding(5s, 2s), 0), (bounds{{-4000, 1000}, {-2000, 3000}, {0, 5000}}));
  EXPECT_EQ(windows_of(sliding(1s, 1s), 1500), (bounds{{1000, 2000}}));
}

TEST(sliding, moves_by_the_offset) {
  EXPECT_EQ(windows_of(sliding(2s, 1s, 100ms), 100), (bounds{{-900, 1100}, {100, 2100}}));
  EXPECT_EQ(windows_of(sliding(2s, 1s, -100ms), 0), (bounds{{-1100, 900}, {-100, 1900}}));
}

TEST(sliding, leaves_holes_where_the_slide_is_larger_than_the_size) {
  EXPECT_EQ(windows_of(sliding(3ms, 10ms), 2), (bounds{{0, 3}}));
  EXPECT_EQ(windows_of(sliding(3ms, 10ms), 3), bounds{});
  EXPECT_EQ(windows_of(sliding(3ms, 10ms), 9), bounds{});
  EXPECT_EQ(windows_of(sliding(3ms, 10ms), -10), (bounds{{-10, -7}}));
}

TEST(sliding, does_not_overflow) {
  constexpr std::int64_t most = std::numeric_limits<std::int64_t>::max();
  for (const auto& [start, end] : windows_of(sliding(5s, 1s), most - 1)) {
    EXPECT_LE(start, most - 1);
    EXPECT_GE(end, most - 1);
  }
  EXPECT_EQ(windows_of(sliding(5s, 1s), most - 1).size(), 5U);
}

TEST(sliding, refuses_parameters_that_make_no_window) {
  EXPECT_EQ(refusal([] { sliding(-2s, 1s); }),
            "weir: sliding(-2s, 1s) is no window; give a size and a slide above zero");
  EXPECT_EQ(refusal([] { sliding(2s, -1s); }),
            "weir: sliding(2s, -1s) is no window; give a size and a slide above zero");
  EXPECT_EQ(refusal([] { sliding(20s, 10s, -11s); }),
            "weir: sliding(20s, 10s, -11s) starts a whole slide away; give an offset smaller than the slide");
  EXPECT_EQ(refusal([] { sliding(20s, 10s, 10s); }),
            "weir: sliding(20s, 10s, 10s) starts a whole slide away; give an offset smaller than the slide");
  EXPECT_EQ(refusal([] { windows_of(sliding(2s, 1s), std::numeric_limits<std::int64_t>::min()); }),
            "weir: a record without event time reached sliding(2s, 1s); give its source event_time(...) or use a "
            "processing-time window");
}

TEST(session, opens_a_window_of_one_gap) {
  EXPECT_EQ(windows_of(session(3s), -1), (bounds{{-1, 2999}}));
  EXPECT_EQ(windows_of(session(3s), std::numeric_limits<std::int64_t>::max() - 1),
            (bounds{{std::numeric_limits<std::int64_t>::max() - 1, std::numeric_limits<std::int64_t>::max()}}));
  EXPECT_EQ(refusal([] { session(0ms); }), "weir: session(0ms) never joins two records; give a gap above zero");
  EXPECT_EQ(refusal([] { windows_of(session(1s), std::numeric_limits<std::int64_t>::min()); }).substr(0, 50),
            "weir: a record without event time reached session(");
}

TEST(session, takes_the_gap_from_the_element) {
  const auto assigner = session([](int element) { return std::chrono::milliseconds(element); });
  EXPECT_EQ(assigner.assign(70, from_epoch_ms(5)), (time_window{from_epoch_ms(5), from_epoch_ms(75)}));
  EXPECT_EQ(refusal([&] { assigner.assign(0, from_epoch_ms(5)); }),
            "weir: session(0ms) never joins two records; give a gap above zero");
}

TEST(assigners, by_the_wall_clock_take_any_time) {
  constexpr std::int64_t no_event_time = std::numeric_limits<std::int64_t>::min();
  EXPECT_EQ(windows_of(tumbling<processing_clock>(1s), no_event_time).size(), 1U);
  EXPECT_EQ(windows_of(session<processing_clock>(1s), 5), (bounds{{5, 1005}}));
}

TEST(assigners, describe_themselves_as_they_are_written) {
  EXPECT_EQ(tumbling<processing_clock>(10s).describe(), "tumbling<processing_clock>(10s)");
  EXPECT_EQ(sliding(1min, 1s).describe(), "sliding(1min, 1s)");
  EXPECT_EQ(sliding<processing_clock>(1min, 10s, 5s).describe(), "sliding<processing_clock>(1min, 10s, 5s)");
  EXPECT_EQ(session(30s).describe(), "session(30s)");
  EXPECT_EQ(session([](int) { return 1s; }).describe(), "session(f)");
  EXPECT_EQ(count_window(3).describe(), "global(), purging(count_trigger(3))");
  EXPECT_EQ(count_window(5, 2).describe(), "global(), count_trigger(2), count_evictor(5)");
}

TEST(count_window, refuses_to_count_nothing) {
  EXPECT_EQ(refusal([] { count_window(0); }), "weir: count_trigger(0) counts nothing; give a number above zero");
  EXPECT_EQ(refusal([] { count_window(0, 2); }),
            "weir: count_evictor(0) leaves nothing in a window; give a bound above zero");
}

}  // namespace
