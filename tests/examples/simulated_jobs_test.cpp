// The four example jobs under the simulator: whatever a seed decides about scheduling, channels, batches and slow
// edges, the results are those of a plain loop.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <string>
#include <vector>

#include "examples/campaign_views/campaign_views.hpp"
#include "examples/first/first.hpp"
#include "examples/flights/flights.hpp"
#include "examples/word_count/word_count.hpp"
#include "tests/examples/models.hpp"
#include "tests/examples/test_files.hpp"
#include "weir/connectors/csv.hpp"
#include "weir/connectors/json_lines.hpp"
#include "weir/connectors/lines.hpp"
#include "weir/testkit/memory_storage.hpp"
#include "weir/testkit/simulator.hpp"

using namespace weir;
using weir::testing::simulate;
using weir::testing::simulation_events;

namespace {

constexpr std::uint64_t seeds = 1'000;

/// Runs `under_test` with every seed, in 1 to 4 slots, and calls `check` after each run. Splits of the inputs are so
/// small that every subtask reads some.
template <class Check>
simulation_events with_every_seed(const job& under_test, storage& disk, Check&& check) {
  simulation_events met;
  for (std::uint64_t seed = 0; seed < seeds; ++seed) {
    const auto report = simulate(under_test, {.seed = seed, .slots = 1 + seed % 4, .storage = &disk});
    met.reordered_steps += report.events.reordered_steps;
    met.full_channels += report.events.full_channels;
    met.flushes += report.events.flushes;
    met.slow_edges += report.events.slow_edges;
    check(report, seed);
    if (::testing::Test::HasFailure()) break;
  }
  return met;
}

void expect_trouble(const simulation_events& met) {
  EXPECT_GT(met.reordered_steps, seeds);
  EXPECT_GT(met.full_channels, seeds / 10);
  EXPECT_GT(met.flushes, seeds / 10);
  EXPECT_GT(met.slow_edges, seeds / 10);
}

}  // namespace

struct numbered_line {
  BOOST_HANA_DEFINE_STRUCT(numbered_line, (std::int64_t, number));
};

TEST(simulated_jobs, first) {
  weir::testing::memory_storage disk;
  std::string text;
  std::vector<std::int64_t> expected;
  for (std::int64_t number = 100; number < 400; ++number) {
    text += std::to_string(number) + "\n";
    expected.push_back(number + number);
  }
  disk.write("numbers.txt", text);

  std::vector<std::int64_t> results;
  const job under_test(
      "first", double_each(from<"numbers">(csv<numbered_line>("numbers.txt", {.header = false}).split_bytes(200)) |
                               map(&numbered_line::number),
                           into(results)));
  const auto met = with_every_seed(under_test, disk, [&](const job_report&, std::uint64_t seed) {
    std::sort(results.begin(), results.end());
    EXPECT_EQ(results, expected) << "seed " << seed;
    results.clear();
  });
  EXPECT_GT(met.reordered_steps, seeds);
}

TEST(simulated_jobs, word_count) {
  weir::testing::memory_storage disk;
  const std::string text = model::random_text(7, 60);
  const auto expected = model::word_counts(text);
  disk.write("text.txt", text);

  std::vector<word_total> results;
  const job under_test("word-count", count_words(lines("text.txt").split_bytes(300)) | to<"table">(into(results)));
  const auto met = with_every_seed(under_test, disk, [&](const job_report&, std::uint64_t seed) {
    std::map<std::string, std::int64_t> counts;
    for (const word_total& total : results) counts[total.word] += total.count;
    EXPECT_EQ(results.size(), expected.size()) << "seed " << seed;
    EXPECT_EQ(counts, expected) << "seed " << seed;
    results.clear();
  });
  expect_trouble(met);
}

TEST(simulated_jobs, campaign_views) {
  // Every 5003rd event, so that few of them fill several windows.
  constexpr std::uint64_t events = 300;
  constexpr std::uint64_t stride = 5003;
  const ad_traffic traffic(3000);
  const auto expected = model::campaign_views(traffic, events, stride);
  std::string text;
  for (std::uint64_t i = 0; i < events; ++i) {
    const numbered_event event = traffic.event(i * stride);
    text += R"({"ad_id":")" + traffic.ads()[event.ad] + R"(","event_type":")" +
            std::string(event_types[event.event_type]) + R"(","event_time":)" + std::to_string(event.time_ms) + "}\n";
  }
  weir::testing::memory_storage disk;
  disk.write("events.jsonl", text);

  std::vector<window_result<std::int32_t, std::int64_t>> results;
  const job under_test("campaign-views", views_per_campaign(json_lines<ad_event>("events.jsonl").split_bytes(3000),
                                                            ad_directory(traffic)) |
                                             to<"counts">(into(results)));
  const auto met = with_every_seed(under_test, disk, [&](const job_report&, std::uint64_t seed) {
    std::map<std::pair<std::int32_t, std::int64_t>, std::int64_t> views;
    for (const auto& window : results) views[{window.key, epoch_ms(window.window_start)}] += window.value;
    EXPECT_EQ(results.size(), expected.size()) << "seed " << seed;
    EXPECT_EQ(views, expected) << "seed " << seed;
    results.clear();
  });
  expect_trouble(met);
}

namespace {

using flight_result = window_result<std::string, std::tuple<std::int64_t, std::int64_t, std::int32_t>>;

/// The flights job against its model, with everything that decides which flights are late.
simulation_events simulate_flights(std::uint64_t split_bytes, std::int64_t bound_min, std::size_t interval,
                                   bool expect_late) {
  const auto sample = lines_of("examples/flights/sample.jsonl");
  const auto expected = model::figures_of(model::departures_of(sample), bound_min, interval);
  EXPECT_EQ(expected.late > 0, expect_late) << "the sample shows nothing";
  weir::testing::memory_storage disk;
  disk.write("flights.jsonl", text_of("examples/flights/sample.jsonl"));

  std::vector<flight_result> results;
  const job under_test("flights", daily_figures(json_lines<flight>("flights.jsonl").split_bytes(split_bytes),
                                                std::chrono::minutes(bound_min), interval) |
                                      to<"table">(into(results)));
  return with_every_seed(under_test, disk, [&](const job_report& report, std::uint64_t seed) {
    std::map<std::pair<std::string, std::int64_t>, model::day> days;
    for (const flight_result& each : results) {
      const auto& [flights, total, worst] = each.value;
      days[{each.key, epoch_ms(each.window_start)}] = {flights, total, worst};
    }
    EXPECT_EQ(results.size(), expected.days.size()) << "seed " << seed;
    EXPECT_EQ(days, expected.days) << "seed " << seed;
    EXPECT_EQ(report.find("daily")->late_records, expected.late) << "seed " << seed;
    results.clear();
  });
}

}  // namespace

TEST(simulated_jobs, flights_in_many_splits) { expect_trouble(simulate_flights(2000, 491, 16, false)); }

TEST(simulated_jobs, flights_of_which_some_are_late) {
  const simulation_events met = simulate_flights(1'000'000, 60, 1, true);
  EXPECT_GT(met.reordered_steps, seeds);
  EXPECT_GT(met.full_channels, seeds / 10);
}
