// What a running job says of its event time: who holds it back, since when, and what would release it.
#include "weir/runtime/watermark_explanation.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "weir/dsl/aggregate.hpp"
#include "weir/dsl/assign_event_time.hpp"
#include "weir/dsl/from.hpp"
#include "weir/dsl/job.hpp"
#include "weir/dsl/key_by.hpp"
#include "weir/dsl/share.hpp"
#include "weir/dsl/sinks.hpp"
#include "weir/dsl/to.hpp"
#include "weir/dsl/window.hpp"
#include "weir/testkit/dataflow_driver.hpp"

namespace weir::testing {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;

timestamp time_of(const std::int64_t& ms) { return from_epoch_ms(ms); }

auto numbers(std::int64_t first, double per_second) {
  return generate([first](std::uint64_t i) { return first + 10 * static_cast<std::int64_t>(i); }, bounded{4})
      .rate(per_second);
}

/// 0, 10, 20, 30 every ten seconds, and 5, 15, 25, 35 every hundred, whose time is given halfway.
job two_paces() {
  return job("paces", from<"left">(numbers(0, 0.1), event_time(&time_of, ascending())) |
                          union_(from<"right">(numbers(5, 0.01)) |
                                 assign_event_time<"again">(event_time(&time_of, ascending()).watermark_interval(1))) |
                          key_by([](std::int64_t) { return 0; }) | window(tumbling(10ms)) |
                          aggregate<"counts">(count()) | to<"out">(discard()));
}

const event_time_report& report_of(const job_report& whole, const std::string& uid) {
  for (const stage_report& stage : whole.stages) {
    for (const operator_report& operation : stage.operators) {
      if (operation.uid == uid) return stage.event_time;
    }
  }
  throw error("no operator '" + uid + "'");
}

TEST(explain_watermark, names_what_holds_event_time_back) {
  dataflow_driver driver(two_paces());
  driver.clock().advance(1s);
  driver.run_until_idle();  // 0 and 5 are read
  driver.clock().advance(5s);
  {
    const event_time_report windows = report_of(driver.report(), "counts");
    EXPECT_EQ(windows.watermark, from_epoch_ms(-1));
    EXPECT_EQ(windows.still, 5s);
    ASSERT_TRUE(windows.held_by.has_value());
    const event_time_holder& holder = *windows.held_by;
    EXPECT_EQ(holder.uid, "left");
    EXPECT_EQ(holder.kind, "from");
    EXPECT_EQ(holder.subtask, 1u);
    EXPECT_EQ(holder.split, "generator");
    EXPECT_EQ(holder.split_consumed, 1u);
    EXPECT_EQ(holder.watermark, from_epoch_ms(-1));
    EXPECT_EQ(holder.still, 5s);
    EXPECT_EQ(holder.why, "it has nothing to read");
    EXPECT_THAT(holder.release, HasSubstr("idle_after"));
  }
  driver.clock().advance(6s);
  driver.run_until_idle();  // 10 is read, too
  driver.clock().advance(2s);
  {
    const event_time_report windows = report_of(driver.report(), "counts");
    EXPECT_EQ(windows.watermark, from_epoch_ms(4));
    EXPECT_EQ(windows.still, 2s);
    ASSERT_TRUE(windows.held_by.has_value());
    EXPECT_EQ(windows.held_by->uid, "again");
    EXPECT_EQ(windows.held_by->watermark, from_epoch_ms(4));
    EXPECT_EQ(windows.held_by->still, 13s);
    const event_time_report untimed = report_of(driver.report(), "right");
    EXPECT_EQ(untimed.watermark, std::nullopt);
    ASSERT_TRUE(untimed.held_by.has_value());
    EXPECT_EQ(untimed.held_by->why, "its records have no event time");
  }
  EXPECT_THAT(
      explain_watermark(driver.report()),
      HasSubstr("1970-01-01T00:00:00.004Z for 2.0 s\n"
                "  held by assign_event_time<\"again\"> in stage 2, subtask 1 of 1: 1970-01-01T00:00:00.004Z for "
                "13.0 s, because the records that reach it carry no later times\n"
                "  released by a record with a later time"));
  driver.clock().advance(400s);
  driver.run();
  EXPECT_TRUE(report_of(driver.report(), "counts").ended);
  EXPECT_FALSE(report_of(driver.report(), "counts").held_by.has_value());
}

}  // namespace
}  // namespace weir::testing
