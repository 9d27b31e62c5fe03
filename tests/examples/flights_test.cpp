#include "examples/flights/flights.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/examples/models.hpp"
#include "tests/examples/test_files.hpp"
#include "weir/connectors/csv.hpp"
#include "weir/connectors/json_lines.hpp"

using namespace weir;
using namespace std::chrono_literals;

namespace {

const std::string header = "origin,window_start,window_end,flights,total_delay_min,worst_delay_min";

/// Runs the job into `output` and returns how many flights were late.
std::uint64_t run(const std::filesystem::path& input, const std::filesystem::path& output, std::size_t slots,
                  std::chrono::minutes bound = 491min, std::size_t interval = 256) {
  auto source = json_lines<flight>(input).single_split();
  const job_report report =
      job("flights", daily_figures(source, bound, interval) | to<"table">(csv(output))).run({.slots = slots});
  return report.find("daily")->late_records;
}

std::vector<std::string> table_by_hand(const model::daily_figures& figures) {
  std::vector<std::string> rows;
  for (const auto& [airport_and_day, of] : figures.days) {
    const auto& [airport, start] = airport_and_day;
    rows.push_back(airport + "," + std::to_string(start) + "," + std::to_string(start + 86'400'000) + "," +
                   std::to_string(of.flights) + "," + std::to_string(of.total_delay) + "," +
                   std::to_string(of.worst_delay));
  }
  std::sort(rows.begin(), rows.end());
  rows.insert(rows.begin(), header);
  return rows;
}

}  // namespace

TEST(flights, of_the_shipped_sample_are_those_that_a_plain_loop_finds) {
  const scratch_folder folder;
  const std::filesystem::path sample = "examples/flights/sample.jsonl";
  const auto departures = model::departures_of(lines_of(sample));
  ASSERT_EQ(departures.size(), 300u);
  const auto expected = model::figures_of(departures, 491, 256);
  ASSERT_EQ(expected.late, 0u);
  for (const std::size_t slots : {1, 2, 8}) {
    EXPECT_EQ(run(sample, folder / "daily.csv", slots), 0u) << slots << " slots";
    EXPECT_EQ(table_of(folder / "daily.csv"), table_by_hand(expected)) << slots << " slots";
  }
}

TEST(flights, of_the_shipped_sample_that_are_late_depend_on_the_bound_and_not_on_the_slots) {
  const scratch_folder folder;
  const std::filesystem::path sample = "examples/flights/sample.jsonl";
  const auto departures = model::departures_of(lines_of(sample));
  for (const std::int64_t bound : {0, 60, 300}) {
    const auto expected = model::figures_of(departures, bound, 1);
    if (bound < 300) {
      ASSERT_GT(expected.late, 0u) << "the sample shows nothing";
    }
    for (const std::size_t slots : {1, 2, 8}) {
      EXPECT_EQ(run(sample, folder / "daily.csv", slots, std::chrono::minutes(bound), 1), expected.late);
      EXPECT_EQ(table_of(folder / "daily.csv"), table_by_hand(expected)) << bound << " min, " << slots << " slots";
    }
  }
}

TEST(flights, of_the_real_data_equal_the_table_made_with_a_database) {
  WEIR_NEEDS_SHARED_DATA(shared);
  const scratch_folder folder;
  const auto expected = table_of(*shared / "data" / "expected" / "flights_daily_by_origin.csv");
  ASSERT_EQ(expected.size(), 6902u);
  ASSERT_EQ(expected.front(), header);
  for (const std::size_t slots : {1, 2, 8}) {
    EXPECT_EQ(run(*shared / "data" / "flights.jsonl", folder / "daily.csv", slots), 0u);
    EXPECT_EQ(table_of(folder / "daily.csv"), expected) << slots << " slots";
  }
}

TEST(flights, of_the_real_data_that_are_late_are_a_property_of_the_input) {
  WEIR_NEEDS_SHARED_DATA(shared);
  const scratch_folder folder;
  for (const std::size_t slots : {1, 2, 8}) {
    const auto late = [&](std::size_t interval) {
      return run(*shared / "data" / "flights.jsonl", folder / "daily.csv", slots, 60min, interval);
    };
    EXPECT_EQ(late(1), 8u) << slots << " slots";
    EXPECT_EQ(late(64), 1u) << slots << " slots";
    EXPECT_EQ(late(256), 0u) << slots << " slots";
  }
}
