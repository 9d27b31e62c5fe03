// The results of a job do not depend on slots, batches, channels or scheduling: the same job at several numbers of
// slots and under many seeds, against results computed here by plain loops.
#include <gtest/gtest.h>

#include <algorithm>
#include <compare>
#include <map>
#include <vector>

#include "tests/runtime/reading.hpp"
#include "tests/runtime/split_numbers.hpp"
#include "weir/dsl/aggregate.hpp"
#include "weir/dsl/filter.hpp"
#include "weir/dsl/flat_map.hpp"
#include "weir/dsl/from.hpp"
#include "weir/dsl/job.hpp"
#include "weir/dsl/key_by.hpp"
#include "weir/dsl/map.hpp"
#include "weir/dsl/partitioning.hpp"
#include "weir/dsl/sinks.hpp"
#include "weir/dsl/to.hpp"
#include "weir/dsl/window.hpp"
#include "weir/testkit/simulator.hpp"
#include "weir/testkit/watermark_checker.hpp"

namespace weir::testing {
namespace {

using namespace std::chrono_literals;

constexpr std::uint64_t count_of_readings = 1500;
constexpr std::uint64_t seeds = 200;

struct row {
  std::int32_t key;
  std::int64_t start_ms;
  std::int64_t count;
  std::int64_t sum;
  friend auto operator<=>(const row&, const row&) = default;
};

/// Readings of even value, each twice, counted and summed per key and 100 ms.
std::vector<row> expected_rows() {
  std::map<std::pair<std::int64_t, std::int32_t>, row> windows;
  for (std::uint64_t i = 0; i < count_of_readings; ++i) {
    const reading each = reading_at(i);
    if (each.value % 2 != 0) continue;
    const std::int64_t start = epoch_ms(each.at) / 100 * 100;
    row& window = windows.try_emplace({start, each.key}, row{each.key, start, 0, 0}).first->second;
    window.count += 2;
    window.sum += 2 * each.value;
  }
  std::vector<row> rows;
  for (const auto& [key, window] : windows) rows.push_back(window);
  std::sort(rows.begin(), rows.end());
  return rows;
}

class windowed_counts : public ::testing::Test {
 protected:
  std::vector<row> rows;
  std::vector<double> averages;
  job counts{
      "counts",
      from<"readings">(split_numbers(count_of_readings, 100, reading_at), event_time(&reading::at, ascending())) |
          check_watermarks("source") | filter([](const reading& each) { return each.value % 2 == 0; }) | rebalance() |
          flat_map([](const reading& each) { return std::vector<reading>(2, each); }) | check_watermarks("flat_map") |
          key_by(&reading::key) | window(tumbling(100ms)) | aggregate<"counts">(count(), sum(&reading::value)) |
          check_watermarks("results") | map([](const auto& result) {
            return row{result.key, epoch_ms(result.window_start), std::get<0>(result.value), std::get<1>(result.value)};
          }) |
          to<"rows">(into(rows))};

  std::vector<row> take_sorted() {
    std::vector<row> taken = std::exchange(rows, {});
    std::sort(taken.begin(), taken.end());
    return taken;
  }
};

TEST_F(windowed_counts, are_the_same_on_1_2_and_8_slots) {
  for (const std::size_t slots : {1U, 2U, 8U}) {
    counts.run({.slots = slots});
    EXPECT_EQ(take_sorted(), expected_rows()) << slots << " slots";
    counts.run({.slots = slots, .batch_records = 3, .channel_capacity = 1});
    EXPECT_EQ(take_sorted(), expected_rows()) << slots << " slots, small batches";
  }
}

TEST_F(windowed_counts, are_the_same_under_every_seed) {
  const std::vector<row> expected = expected_rows();
  simulation_events met;
  for (std::uint64_t seed = 0; seed < seeds; ++seed) {
    const std::size_t slots = std::size_t{1} << (seed % 4);
    const simulation_report report = simulate(counts, {.seed = seed, .slots = slots});
    ASSERT_EQ(take_sorted(), expected) << "seed " << seed << ", " << slots << " slots";
    ASSERT_EQ(report.find("counts")->late_records, 0U) << "seed " << seed;
    met.full_channels += report.events.full_channels;
    met.spilled_batches += report.events.spilled_batches;
    met.flushes += report.events.flushes;
    met.slow_edges += report.events.slow_edges;
    met.reordered_steps += report.events.reordered_steps;
    met.clock_advances += report.events.clock_advances;
  }
  EXPECT_GT(met.full_channels, 1000U);
  EXPECT_GT(met.spilled_batches, 1000U);
  EXPECT_GT(met.flushes, 1000U);
  EXPECT_GT(met.slow_edges, 1000U);
  EXPECT_GT(met.reordered_steps, 1000U);
  EXPECT_GT(met.clock_advances, 1000U);
}

TEST(floating_point_averages, are_the_same_within_rounding) {
  struct average_row {
    std::int32_t key;
    double average;
  };
  std::vector<average_row> rows;
  const job averages("averages", from<"readings">(split_numbers(count_of_readings, 100, reading_at)) |
                                     key_by(&reading::key) | window(global(at_end_of_input)) |
                                     aggregate<"averages">(avg(&reading::weight)) |
                                     map([](const auto& result) { return average_row{result.key, result.value}; }) |
                                     to<"rows">(into(rows)));
  std::map<std::int32_t, std::pair<double, int>> sums;
  for (std::uint64_t i = 0; i < count_of_readings; ++i) {
    sums[reading_at(i).key].first += reading_at(i).weight;
    ++sums[reading_at(i).key].second;
  }
  for (std::uint64_t seed = 0; seed < 40; ++seed) {
    rows.clear();
    simulate(averages, {.seed = seed, .slots = 1 + seed % 4});
    ASSERT_EQ(rows.size(), sums.size()) << "seed " << seed;
    for (const average_row& each : rows) {
      const auto& [sum, count] = sums.at(each.key);
      ASSERT_NEAR(each.average, sum / count, 1e-12 * sum) << "seed " << seed << ", key " << each.key;
    }
  }
}

}  // namespace
}  // namespace weir::testing
