#include "weir/dsl/aggregate.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "tests/dsl/results_of.hpp"
#include "weir/dsl/from.hpp"
#include "weir/dsl/map.hpp"
#include "weir/dsl/partitioning.hpp"
#include "weir/dsl/rolling.hpp"
#include "weir/windows/fold.hpp"
#include "weir/windows/global.hpp"

namespace {

using namespace weir;
using namespace std::chrono_literals;
using weir::testing::event_times_of;
using weir::testing::reading;
using weir::testing::reading_at;
using weir::testing::results_of;

/// Key, start and value of a result.
using row = std::tuple<std::int32_t, std::int64_t, std::int64_t>;

template <class Results>
std::vector<row> rows(const Results& results) {
  std::vector<row> made;
  for (const auto& each : results) made.emplace_back(each.key, epoch_ms(each.window_start), each.value);
  return made;
}

/// A source whose watermark follows each record.
auto exact(std::vector<reading> readings) {
  return from(std::move(readings), event_time(&reading::at, ascending()).watermark_interval(1));
}

TEST(aggregate, emits_one_result_per_key_and_window) {
  const auto results = results_of(exact({reading_at(0, 1, 7), reading_at(10, 2, 8), reading_at(999, 3, 7),
                                         reading_at(1000, 4, 7), reading_at(2500, 5, 8)}) |
                                  key_by(&reading::sensor) | window(tumbling(1s)) | aggregate<"sums">(sum(&reading::value)));
  auto sorted = rows(results);
  std::sort(sorted.begin(), sorted.begin() + 2);  // two keys of one window come in no order
  EXPECT_EQ(sorted, (std::vector<row>{{7, 0, 4}, {8, 0, 2}, {7, 1000, 4}, {8, 2000, 5}}));
  for (const auto& each : results) EXPECT_EQ(each.window_end, each.window_start + 1s);
}

TEST(aggregate, emits_nothing_for_an_empty_input) {
  EXPECT_TRUE(results_of(exact({}) | key_by(&reading::sensor) | window(tumbling(1s)) | aggregate<"counts">(count()),
                         {.slots = 2})
                  .empty());
}

TEST(aggregate, works_before_the_epoch_and_with_an_offset) {
  const std::vector<reading> readings{reading_at(-8), reading_at(-7), reading_at(-1), reading_at(0), reading_at(6)};
  EXPECT_EQ(rows(results_of(exact(readings) | key_by(&reading::sensor) | window(tumbling(7ms)) |
                            aggregate<"counts">(count()))),
            (std::vector<row>{{0, -14, 1}, {0, -7, 2}, {0, 0, 2}}));
  EXPECT_EQ(rows(results_of(exact(readings) | key_by(&reading::sensor) | window(tumbling(7ms, 2ms)) |
                            aggregate<"counts">(count()))),
            (std::vector<row>{{0, -12, 2}, {0, -5, 2}, {0, 2, 1}}));
}

TEST(aggregate, gives_results_the_last_instant_of_their_window_as_event_time) {
  EXPECT_EQ(event_times_of(exact({reading_at(0), reading_at(1500)}) | key_by(&reading::sensor) | window(tumbling(1s)) |
                           aggregate<"counts">(count())),
            (std::vector<std::int64_t>{999, 1999}));
}

TEST(aggregate, results_of_a_window_meet_in_the_same_window_downstream) {
  const auto tops = results_of(exact({reading_at(0, 1, 1), reading_at(1, 1, 1), reading_at(2, 1, 2), reading_at(1000, 1, 2)}) |
                               key_by(&reading::sensor) | window(tumbling(1s)) | aggregate<"counts">(count()) |
                               key_by([](const auto&) { return 0; }) | window(tumbling(1s)) |
                               aggregate<"top">(max([](const auto& result) { return result.value; })));
  EXPECT_EQ(rows(tops), (std::vector<row>{{0, 0, 2}, {0, 1000, 1}}));
}

TEST(aggregate, fires_a_window_exactly_when_the_watermark_reaches_its_last_instant) {
  // Ascending: a record at t makes the watermark t - 1. At 998 the window [0, 1000) is open, at 999 it has fired.
  const auto late_after = [](std::int64_t ms) {
    const job counted("test", exact({reading_at(ms), reading_at(0)}) | key_by(&reading::sensor) | window(tumbling(1s)) |
                                  aggregate<"counts">(count()) | to<"out">(discard()));
    return counted.run({.slots = 1}).find("counts")->late_records;
  };
  EXPECT_EQ(late_after(999), 0u);
  EXPECT_EQ(late_after(1000), 1u);
}

TEST(aggregate, counts_late_records_and_leaves_them_out) {
  std::vector<window_result<std::int32_t, std::int64_t>> results;
  const job_report report =
      job("test", exact({reading_at(100), reading_at(1000), reading_at(200), reading_at(1001), reading_at(-5)}) |
                      key_by(&reading::sensor) | window(tumbling(1s)) | aggregate<"counts">(count()) |
                      to<"out">(into(results)))
          .run({.slots = 1});
  EXPECT_EQ(rows(results), (std::vector<row>{{0, 0, 1}, {0, 1000, 2}}));
  EXPECT_EQ(report.find("counts")->late_records, 2u);
}

TEST(aggregate, results_do_not_depend_on_slots_and_batches) {
  std::vector<reading> readings;
  for (int i = 0; i < 20'000; ++i) readings.push_back(reading_at((i * 7919) % 20'011, i % 5, i % 101));
  std::map<std::pair<std::int32_t, std::int64_t>, std::int64_t> expected;
  for (const reading& each : readings) expected[{each.sensor, epoch_ms(each.at) / 1000 * 1000}] += each.value;
  for (const run_options& options : {run_options{.slots = 1}, run_options{.slots = 1, .batch_records = 3},
                                     run_options{.slots = 4, .batch_records = 7, .channel_capacity = 1}}) {
    std::map<std::pair<std::int32_t, std::int64_t>, std::int64_t> sums;
    for (const auto& each :
         results_of(from(readings, event_time(&reading::at, out_of_orderness(21s))) | key_by(&reading::sensor) |
                        window(tumbling(1s)) | aggregate<"sums">(sum(&reading::value)),
                    options)) {
      sums[{each.key, epoch_ms(each.window_start)}] += each.value;
    }
    EXPECT_EQ(sums, expected);
  }
}

TEST(aggregate, several_at_once_make_a_tuple) {
  const auto results = results_of(exact({reading_at(0, 5), reading_at(1, -3), reading_at(2, 4)}) | key_by(&reading::sensor) |
                                  window(tumbling(1s)) |
                                  aggregate<"all">(count(), sum(&reading::value), min(&reading::value), max(&reading::value),
                                                   avg(&reading::value)));
  ASSERT_EQ(results.size(), 1u);
  EXPECT_EQ(results[0].value, std::tuple(std::int64_t{3}, std::int64_t{6}, std::int64_t{-3}, std::int64_t{5}, 2.0));
}

TEST(aggregate, takes_own_folds) {
  const auto results = results_of(exact({reading_at(0, 5), reading_at(1, -3)}) | key_by(&reading::sensor) |
                                  window(tumbling(1s)) |
                                  aggregate<"texts">(fold(std::string(), [](std::string& text, const reading& each) {
                                    text += std::to_string(each.value) + ";";
                                  })));
  ASSERT_EQ(results.size(), 1u);
  EXPECT_EQ(results[0].value, "5;-3;");
}

/// A sink that notes the column names that it is given.
struct column_probe {
  std::vector<std::string>* columns;
  template <class Element>
  static constexpr bool accepts = true;
  std::string describe() const { return "columns"; }
  struct writer {
    template <class Element>
    void write(const Element&) {}
    void flush() {}
    void close() {}
  };
  template <class Element>
  writer open(detail::sink_context& context) const {
    *columns = context.columns;
    return {};
  }
};

TEST(aggregate, names_its_columns) {
  std::vector<std::string> columns;
  job("test", exact({}) | key_by(&reading::sensor) | window(tumbling(1s)) |
                  aggregate<"all">(count().as<"n">(), sum(&reading::value)) | to<"out">(column_probe{&columns}))
      .run({.slots = 1});
  EXPECT_EQ(columns, (std::vector<std::string>{"sensor", "window_start", "window_end", "n", "sum_value"}));
}

TEST(aggregate, names_the_column_of_a_computed_key_key) {
  std::vector<std::string> columns;
  job("test", exact({}) | key_by([](const reading& r) { return r.value % 2; }) | window(tumbling(1s)) |
                  aggregate<"counts">(count()) | to<"out">(column_probe{&columns}))
      .run({.slots = 1});
  EXPECT_EQ(columns, (std::vector<std::string>{"key", "window_start", "window_end", "count"}));
}

struct place {
  BOOST_HANA_DEFINE_STRUCT(place, (std::string, city), (std::int32_t, house));
  friend bool operator==(const place&, const place&) = default;
};

TEST(aggregate, a_record_as_key_gives_a_column_per_member) {
  std::vector<std::string> columns;
  job("test", exact({}) | key_by([](const reading& r) { return place{"here", r.sensor}; }) | window(tumbling(1s)) |
                  aggregate<"counts">(count()) | to<"out">(column_probe{&columns}))
      .run({.slots = 1});
  EXPECT_EQ(columns, (std::vector<std::string>{"city", "house", "window_start", "window_end", "count"}));
}

TEST(aggregate, in_the_global_window_fires_at_the_end_of_the_input_only) {
  const auto results = results_of(exact({reading_at(0), reading_at(1'000'000)}) | key_by(&reading::sensor) |
                                  window(global(at_end_of_input)) | aggregate<"counts">(count()));
  ASSERT_EQ(results.size(), 1u);
  EXPECT_EQ(results[0].value, 2);
  EXPECT_EQ(results[0].window_start, min_timestamp);
  EXPECT_EQ(results[0].window_end, max_timestamp);
}

TEST(aggregate, in_the_global_window_needs_no_event_time) {
  const auto results = results_of(from({1, 2, 3}) | key_by([](int) { return 0; }) | window(global(at_end_of_input)) |
                                  aggregate<"sums">(sum([](int x) { return x; })));
  ASSERT_EQ(results.size(), 1u);
  EXPECT_EQ(results[0].value, 6);
}

TEST(aggregate, in_the_global_window_without_trigger_says_what_stayed_open) {
  std::vector<window_result<int, std::int64_t>> results;
  const job_report report = job("test", from({1, 2, 3, 4}) | key_by([](int x) { return x % 3; }) | window(global()) |
                                            aggregate<"counts">(count()) | to<"out">(into(results)))
                                .run({.slots = 1});
  EXPECT_TRUE(results.empty());
  EXPECT_EQ(report.find("counts")->open_entries, 3u);
  EXPECT_FALSE(report.notes.empty());
}

struct visit {
  BOOST_HANA_DEFINE_STRUCT(visit, (std::string_view, page), (timestamp, at), (std::string_view, visitor));
};

TEST(aggregate, keeps_its_own_copy_of_borrowed_keys_and_values) {
  // The texts are made by map for each record, so that nothing but an arena keeps them alive behind the exchange.
  std::vector<std::int64_t> ids;
  for (std::int64_t i = 0; i < 5000; ++i) ids.push_back(i);
  auto visits = from(ids, event_time([](std::int64_t i) { return from_epoch_ms(i); }, ascending())) |
                map([](std::int64_t i) { return std::to_string(i % 3) + " is the number of a page with a long name"; }) |
                rebalance() | map([](const std::string& page) { return visit{page, {}, std::string_view(page).substr(1)}; }) |
                rebalance();
  std::map<std::string, std::pair<std::int64_t, std::string>> counts;
  for (const auto& each : results_of(std::move(visits) | key_by(&visit::page) | window(global(at_end_of_input)) |
                                         aggregate<"counts">(count(), last(&visit::visitor)),
                                     {.slots = 2, .batch_records = 16})) {
    counts[std::string(each.key)] = {std::get<0>(each.value), std::string(std::get<1>(each.value))};
  }
  const std::string rest = " is the number of a page with a long name";
  EXPECT_EQ(counts, (std::map<std::string, std::pair<std::int64_t, std::string>>{
                        {"0" + rest, {1667, rest}}, {"1" + rest, {1667, rest}}, {"2" + rest, {1666, rest}}}));
}

TEST(reduce, behind_a_window_gives_one_result_per_window) {
  const auto results = results_of(exact({reading_at(0, 5), reading_at(1, -3), reading_at(1000, 4)}) |
                                  key_by(&reading::sensor) | window(tumbling(1s)) |
                                  reduce<"last">([](const reading& a, const reading& b) {
                                    return reading{a.sensor, b.at, a.value + b.value};
                                  }));
  ASSERT_EQ(results.size(), 2u);
  EXPECT_EQ(results[0].value, reading_at(1, 2));
  EXPECT_EQ(results[0].window_start, from_epoch_ms(0));
  EXPECT_EQ(results[1].value, reading_at(1000, 4));
}

}  // namespace
