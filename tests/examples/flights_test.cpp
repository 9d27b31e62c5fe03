#include "examples/flights/flights.hpp"

#include <gtest/gtest.h>

#include <map>
#include <string>
#include <vector>

#include "examples/flights/places.hpp"
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

/// The same with the late flights in a file of their own.
void run_with_late(const std::filesystem::path& input, const std::filesystem::path& output,
                   const std::filesystem::path& late_output, std::size_t slots) {
  auto [daily, late] = daily_figures(json_lines<flight>(input).single_split(), 60min, 1) | split<"late">();
  job("flights", std::move(daily) | to<"table">(csv(output)), std::move(late) | to<"late">(json_lines(late_output)))
      .run({.slots = slots});
}

/// The input lines of the flights that the model takes for late, sorted.
std::vector<std::string> late_lines(const std::vector<std::string>& lines, const model::daily_figures& figures) {
  std::vector<std::string> late;
  for (const std::size_t index : figures.late_departures) late.push_back(lines[index]);
  std::sort(late.begin(), late.end());
  return late;
}

void run_busy_times(const std::filesystem::path& input, const std::filesystem::path& output, std::size_t slots) {
  job("busy-times", busy_times(json_lines<flight>(input), 491min, 256) | to<"table">(csv(output)))
      .run({.slots = slots});
}

/// Runs the job that knows where airports are; returns the rows of its table without the header.
std::vector<std::string> run_places(const std::filesystem::path& input, const std::filesystem::path& airports,
                                    const std::filesystem::path& output, std::size_t slots) {
  const auto table = read_airports(csv<airport>(airports));
  job("flight-places", placed_flights(json_lines<flight>(input), table) | to<"table">(csv(output)))
      .run({.slots = slots});
  auto rows = table_of(output);
  EXPECT_EQ(rows.front(),
            "scheduled_ms,delay_min,origin,origin_city,origin_state,destination,destination_city,destination_state");
  rows.erase(rows.begin());
  return rows;
}

/// The same rows from texts: the city and state of an airport are the third and fourth cell of its line.
std::vector<std::string> places_by_hand(const std::vector<std::string>& flights,
                                        const std::vector<std::string>& airports) {
  std::map<std::string, std::string> places;
  for (const std::string& line : airports) {
    std::vector<std::string> cells(1);
    bool quoted = false;
    for (const char each : line) {
      if (each == '"') quoted = !quoted;
      if (each == ',' && !quoted) {
        cells.emplace_back();
      } else {
        cells.back() += each;
      }
    }
    places[cells.at(0)] = cells.at(2) + "," + cells.at(3);
  }
  std::vector<std::string> rows;
  for (const std::string& line : flights) {
    long long scheduled = 0;
    int delay = 0;
    char origin[8] = {};
    char destination[8] = {};
    EXPECT_EQ(std::sscanf(
                  line.c_str(),
                  R"({"scheduled_ms":%lld,"delay_min":%d,"distance_mi":%*d,"origin":"%7[A-Z]","destination":"%7[A-Z]")",
                  &scheduled, &delay, origin, destination),
              4);
    const auto place = [&](const char* code) {
      const auto found = places.find(code);
      return std::string(code) + "," + (found == places.end() ? "," : found->second);
    };
    rows.push_back(std::to_string(scheduled) + "," + std::to_string(delay) + "," + place(origin) + "," +
                   place(destination));
  }
  std::sort(rows.begin(), rows.end());
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

TEST(flights, that_are_late_come_out_as_they_came_in) {
  const scratch_folder folder;
  const std::filesystem::path sample = "examples/flights/sample.jsonl";
  const auto lines = lines_of(sample);
  const auto expected = model::figures_of(model::departures_of(lines), 60, 1);
  ASSERT_GT(expected.late, 0u) << "the sample shows nothing";
  for (const std::size_t slots : {1, 2, 8}) {
    run_with_late(sample, folder / "daily.csv", folder / "late.jsonl", slots);
    auto late = lines_of(folder / "late.jsonl");
    std::sort(late.begin(), late.end());
    EXPECT_EQ(late, late_lines(lines, expected)) << slots << " slots";
    EXPECT_EQ(table_of(folder / "daily.csv"), table_by_hand(expected)) << slots << " slots";
  }
}

TEST(flights, of_the_real_data_that_are_late_come_out_as_they_came_in) {
  WEIR_NEEDS_SHARED_DATA(shared);
  const scratch_folder folder;
  const std::filesystem::path input = *shared / "data" / "flights.jsonl";
  const auto lines = lines_of(input);
  const auto expected = late_lines(lines, model::figures_of(model::departures_of(lines), 60, 1));
  ASSERT_EQ(expected.size(), 8u);
  for (const std::size_t slots : {1, 2, 8}) {
    run_with_late(input, folder / "daily.csv", folder / "late.jsonl", slots);
    auto late = lines_of(folder / "late.jsonl");
    std::sort(late.begin(), late.end());
    EXPECT_EQ(late, expected) << slots << " slots";
  }
}

TEST(busy_times, of_the_shipped_sample_are_those_that_a_plain_loop_finds) {
  const scratch_folder folder;
  const std::filesystem::path sample = "examples/flights/sample.jsonl";
  std::vector<std::string> expected;
  for (const auto& [time, flights] : model::busy_times_of(model::departures_of(lines_of(sample)))) {
    const auto& [airport, start, end] = time;
    expected.push_back(airport + "," + std::to_string(start) + "," + std::to_string(end) + "," +
                       std::to_string(flights));
  }
  std::sort(expected.begin(), expected.end());
  expected.insert(expected.begin(), "origin,window_start,window_end,flights");
  ASSERT_GT(expected.size(), 8u) << "a header, seven airports, and no more";
  for (const std::size_t slots : {1, 2, 8}) {
    run_busy_times(sample, folder / "busy.csv", slots);
    EXPECT_EQ(table_of(folder / "busy.csv"), expected) << slots << " slots";
  }
}

TEST(busy_times, of_the_real_data_equal_the_table_made_with_a_database) {
  WEIR_NEEDS_SHARED_DATA(shared);
  const scratch_folder folder;
  const auto expected = table_of(*shared / "data" / "expected" / "flights_sessions_6h_by_origin.csv");
  ASSERT_EQ(expected.size(), 8458u);
  for (const std::size_t slots : {1, 2, 8}) {
    run_busy_times(*shared / "data" / "flights.jsonl", folder / "busy.csv", slots);
    EXPECT_EQ(table_of(folder / "busy.csv"), expected) << slots << " slots";
  }
}

TEST(flight_places, of_the_shipped_sample_are_those_of_its_airports) {
  const scratch_folder folder;
  const std::filesystem::path sample = "examples/flights/sample.jsonl";
  const std::filesystem::path airports = "examples/flights/sample_airports.csv";
  const auto expected = places_by_hand(lines_of(sample), lines_of(airports));
  for (const std::size_t slots : {1, 2, 8}) {
    EXPECT_EQ(run_places(sample, airports, folder / "places.csv", slots), expected) << slots << " slots";
  }
}

TEST(flight_places, lack_the_city_of_an_airport_that_the_table_lacks) {
  const scratch_folder folder;
  const auto input = folder.write(
      "one.jsonl", R"({"scheduled_ms":1000,"delay_min":-5,"distance_mi":1,"origin":"ORD","destination":"XXX"})"
                   "\n");
  EXPECT_EQ(run_places(input, "examples/flights/sample_airports.csv", folder / "places.csv", 1),
            std::vector<std::string>{"1000,-5,ORD,Chicago,IL,XXX,,"});
}

TEST(flight_places, of_the_real_data_are_those_of_its_airports) {
  WEIR_NEEDS_SHARED_DATA(shared);
  const scratch_folder folder;
  const std::filesystem::path input = *shared / "data" / "flights.jsonl";
  const std::filesystem::path airports = *shared / "data" / "airports.csv";
  const auto expected = places_by_hand(lines_of(input), lines_of(airports));
  ASSERT_EQ(expected.size(), 20'000u);
  for (const std::size_t slots : {1, 2, 8}) {
    EXPECT_EQ(run_places(input, airports, folder / "places.csv", slots), expected) << slots << " slots";
  }
}
