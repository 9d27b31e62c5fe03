// The example programs beside those of programs_test as a user meets them: they run in any folder and without options,
// and say where the results are.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/examples/models.hpp"
#include "tests/examples/program.hpp"
#include "tests/examples/test_files.hpp"

namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::StartsWith;

struct program_case {
  std::string path;
  std::string job;
  std::string output;
  std::string columns;
  std::size_t rows_min;  ///< without options
};
void PrintTo(const program_case& each, std::ostream* out) { *out << each.job; }

class each_small_program : public ::testing::TestWithParam<program_case> {
 protected:
  program_result run(std::vector<std::string> arguments) {
    return run_program(GetParam().path, std::move(arguments), {.folder = folder.path()});
  }
  scratch_folder folder;
};

TEST_P(each_small_program, finds_the_same_in_any_number_of_slots) {
  std::vector<std::string> first;
  for (const char* slots : {"1", "2", "8"}) {
    const auto result = run({"--slots", slots});
    EXPECT_EQ(result.status, 0) << result.err;
    EXPECT_THAT(result.err, StartsWith("job '" + GetParam().job + "' finished in "));
    EXPECT_THAT(result.out, HasSubstr(GetParam().output));
    const auto found = table_of(folder / GetParam().output);
    ASSERT_GT(found.size(), GetParam().rows_min);
    EXPECT_EQ(found.front(), GetParam().columns);
    if (first.empty()) first = found;
    EXPECT_TRUE(found == first) << slots << " slots";
  }
}

TEST_P(each_small_program, plans_without_running) {
  const auto result = run({"plan", "--slots", "3"});
  EXPECT_EQ(result.status, 0);
  EXPECT_THAT(result.out, AllOf(StartsWith("job \"" + GetParam().job + "\", 3 slots\n"), HasSubstr("stage 1")));
  EXPECT_TRUE(std::filesystem::is_empty(folder.path()));
}

const std::string place_columns =
    "scheduled_ms,delay_min,origin,origin_city,origin_state,destination,destination_city,destination_state";

INSTANTIATE_TEST_SUITE_P(
    examples, each_small_program,
    ::testing::Values(
        program_case{"examples/rides/ride_cleansing", "ride-cleansing", "rides_in_new_york.csv",
                     "ride,driver,is_start,at,start_lon,start_lat,end_lon,end_lat", 25'000},
        program_case{"examples/rides/rides_and_fares", "rides-and-fares", "paid_rides.csv",
                     "ride,driver,at,start_lon,start_lat,tip_cents,total_cents", 19'999},
        program_case{"examples/rides/hourly_tips", "hourly-tips", "hourly_tips.csv", "hour_end,driver,tip_cents", 11},
        program_case{"examples/rides/long_ride_alerts", "long-ride-alerts", "long_rides.csv", "ride,started", 400},
        program_case{"examples/flights/busy_times", "busy-times", "busy_times.csv",
                     "origin,window_start,window_end,flights", 8},
        program_case{"examples/flights/flight_places", "flight-places", "flight_places.csv", place_columns, 300}),
    [](const auto& each) {
      std::string name = each.param.job;
      std::replace(name.begin(), name.end(), '-', '_');
      return name;
    });

TEST(flights_program, writes_late_flights_into_a_file_if_asked) {
  const scratch_folder folder;
  const auto expected = model::figures_of(model::departures_of(lines_of("examples/flights/sample.jsonl")), 60, 1);
  ASSERT_GT(expected.late, 0u);
  const auto result = run_program("examples/flights/flights",
                                  {"--bound-minutes", "60", "--watermark-interval", "1", "--late", "late.jsonl"},
                                  {.folder = folder.path()});
  EXPECT_EQ(result.status, 0) << result.err;
  EXPECT_EQ(lines_of(folder / "late.jsonl").size(), expected.late);
  EXPECT_EQ(table_of(folder / "flights_daily.csv").size(), expected.days.size() + 1);
}

}  // namespace
