// No job may get stuck however little its channels hold: capacity 1, batches of 1 record, a flat_map of 10,000, a
// diamond into a windowed aggregate, and watermarks all the while.
#include <gtest/gtest.h>

#include <cstdint>
#include <map>
#include <ranges>
#include <utility>

#include "tests/runtime/reading.hpp"
#include "weir/dsl/aggregate.hpp"
#include "weir/dsl/filter.hpp"
#include "weir/dsl/flat_map.hpp"
#include "weir/dsl/from.hpp"
#include "weir/dsl/job.hpp"
#include "weir/dsl/key_by.hpp"
#include "weir/dsl/map.hpp"
#include "weir/dsl/partitioning.hpp"
#include "weir/dsl/share.hpp"
#include "weir/dsl/sinks.hpp"
#include "weir/dsl/to.hpp"
#include "weir/dsl/window.hpp"
#include "weir/testkit/dataflow_driver.hpp"
#include "weir/testkit/simulator.hpp"

namespace weir::testing {
namespace {

using namespace std::chrono_literals;

using counts_by_key = std::map<std::int32_t, std::int64_t>;
using key_count = std::pair<const std::int32_t, std::int64_t>;

/// `records` readings become `fan_out` each; half of them take one path and half the other, so that both meet again in
/// the windows with all of their records. The windows are smaller than the time between two watermarks.
job diamond(std::uint64_t records, std::int32_t fan_out, std::vector<key_count>& counts) {
  auto shared = from<"readings">(generate(reading_at, bounded(records)),
                                 event_time(&reading::at, ascending()).watermark_interval(1)) |
                flat_map([fan_out](const reading& each) {
                  return std::views::iota(0, fan_out) | std::views::transform([each](std::int32_t copy) {
                           return reading{copy % 100, each.at, copy, 0};
                         });
                }) |
                share();
  auto odd = shared | filter([](const reading& each) { return each.value % 2 == 1; }) | rebalance() |
             map([](const reading& each) { return each; });
  auto even = shared | filter([](const reading& each) { return each.value % 2 == 0; });
  return job("diamond", std::move(even) | union_(std::move(odd)) | key_by(&reading::key) | window(tumbling(2ms)) |
                            aggregate<"counts">(count()) |
                            map([](const auto& result) { return key_count{result.key, result.value}; }) |
                            to<"out">(into(counts)));
}

void expect_all_counted(const std::vector<key_count>& counts, std::int64_t records, std::int32_t fan_out) {
  counts_by_key totals;
  for (const auto& [key, count] : counts) totals[key] += count;
  ASSERT_EQ(totals.size(), 100U);
  for (const auto& [key, total] : totals) ASSERT_EQ(total, records * fan_out / 100) << "key " << key;
}

TEST(smallest_channels, carry_a_diamond_in_one_slot) {
  std::vector<key_count> counts;
  const job tight = diamond(3, 10'000, counts);
  dataflow_driver driver(tight, {.slots = 1, .batch_records = 1, .channel_capacity = 1});
  driver.run();
  expect_all_counted(counts, 3, 10'000);
}

TEST(smallest_channels, carry_a_diamond_on_threads) {
  for (const std::size_t slots : {1U, 2U, 8U}) {
    std::vector<key_count> counts;
    diamond(2, 10'000, counts).run({.slots = slots, .batch_records = 1, .channel_capacity = 1});
    expect_all_counted(counts, 2, 10'000);
  }
}

TEST(smallest_channels, carry_a_diamond_under_the_simulator) {
  for (const std::size_t slots : {1U, 2U, 8U}) {
    std::vector<key_count> counts;
    const simulation_report report = simulate(
        diamond(2, 10'000, counts), {.seed = slots, .slots = slots, .channel_capacity_max = 1, .batch_records_max = 1});
    expect_all_counted(counts, 2, 10'000);
    // One call of the user's function emits 10,000 records into each of the two paths, in batches of one record.
    EXPECT_GT(report.events.largest_spill, 10'000U);
    EXPECT_LE(report.events.largest_spill, 20'000U);
    EXPECT_GT(report.events.full_channels, 1000U);
  }
}

TEST(any_channels, carry_a_diamond_under_every_seed) {
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    std::vector<key_count> counts;
    const std::size_t slots = std::size_t{1} << (seed % 4);
    const job small = diamond(6, 100, counts);
    const simulation_report report = simulate(small, {.seed = seed, .slots = slots, .channel_capacity_max = 2});
    expect_all_counted(counts, 6, 100);
    if (HasFatalFailure()) FAIL() << "seed " << seed;
    EXPECT_LE(report.events.largest_spill, 200U) << "seed " << seed;
  }
}

// What fires and what is scattered in small pieces yields instead of spilling: only flat_map's own fan-out may spill.
TEST(spills, stay_within_one_call_without_a_flat_map) {
  std::uint64_t fired = 0;
  for (std::uint64_t seed = 0; seed < 100; ++seed) {
    std::vector<key_count> counts;
    const job windows("windows", from<"readings">(generate(reading_at, bounded(600)),
                                                  event_time(&reading::at, ascending()).watermark_interval(50)) |
                                     rebalance() |
                                     key_by([](const reading& each) { return std::int32_t(epoch_ms(each.at)); }) |
                                     window(tumbling(100ms)) | aggregate<"counts">(count()) | rebalance() |
                                     map([](const auto& result) { return key_count{result.key, result.value}; }) |
                                     to<"out">(into(counts)));
    const simulation_report report = simulate(windows, {.seed = seed, .slots = 2});
    ASSERT_EQ(counts.size(), 600U) << "seed " << seed;
    // A firing stops at the first batch that finds no room; control adds no more than one batch per output.
    ASSERT_LE(report.events.largest_spill, 2U) << "seed " << seed;
    fired += report.events.spilled_batches;
  }
  EXPECT_GT(fired, 0U);
}

}  // namespace
}  // namespace weir::testing
