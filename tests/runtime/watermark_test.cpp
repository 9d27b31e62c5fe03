// Event time through whole jobs: merging over inputs, idleness, the final watermark, and which records are late.
#include <gtest/gtest.h>

#include <algorithm>
#include <limits>
#include <random>
#include <vector>

#include "tests/runtime/reading.hpp"
#include "weir/dsl/aggregate.hpp"
#include "weir/dsl/from.hpp"
#include "weir/dsl/job.hpp"
#include "weir/dsl/key_by.hpp"
#include "weir/dsl/map.hpp"
#include "weir/dsl/share.hpp"
#include "weir/dsl/sinks.hpp"
#include "weir/dsl/to.hpp"
#include "weir/dsl/window.hpp"
#include "weir/testkit/dataflow_driver.hpp"
#include "weir/testkit/hand_fed_source.hpp"
#include "weir/testkit/simulator.hpp"

namespace weir::testing {
namespace {

using namespace std::chrono_literals;

reading at_ms(std::int64_t ms, std::int32_t key = 1) { return {key, from_epoch_ms(ms), ms, 0}; }

// ---- merging --------------------------------------------------------------------------------------------------------

/// A source with event time that the test feeds.
struct fed_source {
  std::shared_ptr<detail::hand_feed<reading>> feed = std::make_shared<detail::hand_feed<reading>>();

  auto stream() const {
    return detail::begin_pipeline<event_clock>(detail::hand_fed_source<reading, true>(feed), detail::given_event_time{},
                                               {.kind = "from"});
  }
  void push(std::int64_t ms) { feed->items.push_back({at_ms(ms), from_epoch_ms(ms), {}}); }
  void mark(detail::mark_kind kind, std::int64_t ms = 0) {
    feed->items.push_back({std::nullopt, from_epoch_ms(ms), kind});
  }
  void watermark(std::int64_t ms) { mark(detail::mark_kind::watermark, ms); }
  void end() { feed->ended = true; }
};

/// Windows of 10 ms over the union of two sources; `fired` collects the counts of windows as they fire.
class two_inputs : public ::testing::TestWithParam<std::size_t> {
 protected:
  fed_source left;
  fed_source right;
  std::vector<std::int64_t> fired;
  dataflow_driver driver{
      job("union", left.stream() | union_(right.stream()) | key_by(&reading::key) | window(tumbling(10ms)) |
                       aggregate<"counts">(count()) | map([](const auto& result) { return result.value; }) |
                       to<"out">(into(fired))),
      {.slots = GetParam()}};

  std::vector<std::int64_t> take_fired() {
    driver.run_until_idle();
    return std::exchange(fired, {});
  }
};

TEST_P(two_inputs, advance_to_the_least_watermark) {
  left.push(1);
  left.watermark(50);
  EXPECT_EQ(take_fired(), (std::vector<std::int64_t>{}));
  right.push(2);
  right.watermark(8);
  EXPECT_EQ(take_fired(), (std::vector<std::int64_t>{}));
  right.watermark(9);
  EXPECT_EQ(take_fired(), (std::vector<std::int64_t>{2}));
}

TEST_P(two_inputs, are_not_held_back_by_an_idle_one) {
  left.push(1);
  left.watermark(9);
  EXPECT_EQ(take_fired(), (std::vector<std::int64_t>{}));
  right.mark(detail::mark_kind::idle);
  EXPECT_EQ(take_fired(), (std::vector<std::int64_t>{1}));
  right.mark(detail::mark_kind::active);
  right.watermark(15);
  right.push(16);
  EXPECT_EQ(take_fired(), (std::vector<std::int64_t>{}));
  left.watermark(19);
  EXPECT_EQ(take_fired(), (std::vector<std::int64_t>{}));
  right.watermark(19);
  EXPECT_EQ(take_fired(), (std::vector<std::int64_t>{1}));
}

TEST_P(two_inputs, are_not_held_back_by_one_that_has_ended) {
  right.push(3);
  right.end();
  EXPECT_EQ(take_fired(), (std::vector<std::int64_t>{}));
  left.push(1);
  left.watermark(9);
  EXPECT_EQ(take_fired(), (std::vector<std::int64_t>{2}));
}

TEST_P(two_inputs, fire_everything_with_the_final_watermark) {
  left.push(1);
  left.push(11);
  right.push(25);
  EXPECT_EQ(take_fired(), (std::vector<std::int64_t>{}));
  left.end();
  EXPECT_EQ(take_fired(), (std::vector<std::int64_t>{}));
  right.end();
  EXPECT_EQ(take_fired(), (std::vector<std::int64_t>{1, 1, 1}));
  EXPECT_TRUE(driver.done());
}

INSTANTIATE_TEST_SUITE_P(slots, two_inputs, ::testing::Values(1, 2, 8));

// ---- lateness -------------------------------------------------------------------------------------------------------

/// Times that go forward by 1 ms on average and stray by up to 40 ms.
std::vector<reading> disordered(std::size_t count) {
  std::mt19937_64 random(42);
  std::vector<reading> readings;
  for (std::size_t i = 0; i < count; ++i) {
    readings.push_back(at_ms(static_cast<std::int64_t>(i) - static_cast<std::int64_t>(random() % 40),
                             static_cast<std::int32_t>(random() % 5)));
  }
  return readings;
}

/// Late by definition: a watermark after every record, 10 ms behind the latest; windows of 20 ms.
std::vector<reading> late_of(const std::vector<reading>& readings) {
  std::vector<reading> late;
  std::int64_t watermark = std::numeric_limits<std::int64_t>::min();
  for (const reading& each : readings) {
    const std::int64_t ms = epoch_ms(each.at);
    const std::int64_t window_last = (ms >= 0 ? ms / 20 : (ms - 19) / 20) * 20 + 19;
    if (window_last <= watermark) late.push_back(each);
    watermark = std::max(watermark, ms - 10 - 1);
  }
  return late;
}

TEST(late_records, are_the_same_whatever_the_slots_batches_and_schedule) {
  const std::vector<reading> readings = disordered(1000);
  std::vector<reading> expected = late_of(readings);
  std::sort(expected.begin(), expected.end());
  ASSERT_GT(expected.size(), 20U);
  std::vector<reading> late;
  std::vector<std::int64_t> counts;
  auto [results, late_stream] =
      from<"readings">(readings, event_time(&reading::at, out_of_orderness(10ms)).watermark_interval(1)) |
      key_by(&reading::key) | window(tumbling(20ms)) | aggregate<"counts">(count()) | split<"late">();
  auto values = std::move(results) | map([](const auto& result) { return result.value; });
  const job counted("late", std::move(values) | to<"counts_out">(into(counts)),
                    std::move(late_stream) | to<"late_out">(into(late)));
  const auto check = [&](const std::string& run, const job_report& report) {
    std::sort(late.begin(), late.end());
    ASSERT_EQ(late, expected) << run;
    ASSERT_EQ(report.find("counts")->late_records, expected.size()) << run;
    std::int64_t counted_records = 0;
    for (const std::int64_t count : counts) counted_records += count;
    ASSERT_EQ(counted_records, static_cast<std::int64_t>(readings.size() - expected.size())) << run;
    late.clear();
    counts.clear();
  };
  for (const std::size_t slots : {1U, 2U, 8U}) {
    for (const std::size_t batch : {1U, 7U, 512U}) {
      check(std::to_string(slots) + " slots, batches of " + std::to_string(batch),
            counted.run({.slots = slots, .batch_records = batch}));
    }
  }
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    check("seed " + std::to_string(seed), simulate(counted, {.seed = seed, .slots = std::size_t{1} << (seed % 4)}));
    if (HasFatalFailure()) return;
  }
}

}  // namespace
}  // namespace weir::testing
