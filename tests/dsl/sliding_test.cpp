// Sliding windows against the plain method, which puts each record into every window that contains it: whatever the
// aggregate, the windows, the order of the records, and wherever the state has been in a snapshot.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <filesystem>
#include <map>
#include <random>
#include <string>
#include <thread>
#include <tuple>
#include <utility>
#include <vector>

#include "tests/dsl/results_of.hpp"
#include "weir/dsl/from.hpp"
#include "weir/dsl/map.hpp"
#include "weir/dsl/rolling.hpp"
#include "weir/dsl/share.hpp"
#include "weir/testkit/operator_harness.hpp"
#include "weir/windows/sliding.hpp"

namespace {

using namespace weir;
using namespace std::chrono_literals;
using std::chrono::milliseconds;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using weir::testing::operator_harness;
using weir::testing::reading;
using weir::testing::reading_at;
using weir::testing::results_of;

/// End of the window, key, value.
using row = std::tuple<std::int64_t, std::int32_t, std::string>;

std::string text_of(std::int64_t value) { return std::to_string(value); }
std::string text_of(double value) {
  if (std::isnan(value)) return "nan";
  return std::to_string(value);  // six digits: sums are grouped otherwise
}
std::string text_of(const reading& record) { return std::to_string(record.value); }
template <class Value>
std::string text_of(const std::vector<Value>& values) {
  std::string text;
  for (const Value& each : values) text += text_of(each) + ";";
  return text;
}
template <class A, class B>
std::string text_of(const std::tuple<A, B>& values) {
  return text_of(std::get<0>(values)) + "," + text_of(std::get<1>(values));
}

/// The plain method.
class plain_windows {
 public:
  plain_windows(std::int64_t size, std::int64_t slide, std::int64_t offset) : size_(size), slide_(slide), offset_(offset) {}

  void push(const reading& record) {
    const std::int64_t at = epoch_ms(record.at);
    bool taken = false;
    std::int64_t n = (at - offset_) / slide_ + 2;  // above every window that contains it
    for (; offset_ + n * slide_ > at - size_; --n) {
      const std::int64_t start = offset_ + n * slide_;
      if (start > at || start + size_ - 1 <= watermark_) continue;
      open_[{start + size_, record.sensor}].push_back(record.value);
      taken = true;
    }
    if (!taken && at <= watermark_) ++late;
  }

  template <class Aggregate>
  std::vector<row> watermark(std::int64_t ms, const Aggregate& aggregate) {
    watermark_ = ms;
    std::vector<row> fired;
    while (!open_.empty() && open_.begin()->first.first - 1 <= ms) {
      const auto& [key, values] = *open_.begin();
      fired.emplace_back(key.first, key.second, aggregate(values));
      open_.erase(open_.begin());
    }
    return fired;
  }

  /// A bare operator begins event time anew.
  void restore() { watermark_ = INT64_MIN; }

  int late = 0;

 private:
  std::int64_t size_;
  std::int64_t slide_;
  std::int64_t offset_;
  std::int64_t watermark_ = INT64_MIN;
  std::map<std::pair<std::int64_t, std::int32_t>, std::vector<std::int64_t>> open_;
};

struct met {
  int records = 0;
  int late = 0;
  int restores = 0;
  int results = 0;
};

/// Compares an operator with the plain method over random windows and records; `expected(values)` is the text of a result.
template <class Aggregate, class Expected>
void compare(const Aggregate& aggregated, const Expected& expected, std::uint64_t seeds) {
  met all;
  for (std::uint64_t seed = 1; seed <= seeds; ++seed) {
    std::mt19937_64 random(seed);
    const auto below = [&](std::uint64_t limit) { return static_cast<std::int64_t>(random() % limit); };
    const std::int64_t slide = 1 + below(12);
    const std::int64_t size = seed % 4 == 0 ? 1 + below(20) : slide * (1 + below(8)) + below(2) * below(5);
    const std::int64_t offset = below(static_cast<std::uint64_t>(2 * slide - 1)) - slide + 1;
    const std::int64_t disorder = 1 + below(3 * static_cast<std::uint64_t>(size) + 5);
    std::size_t slots = 1 + random() % 3;
    const std::size_t batch_records = 1 + random() % 20;
    SCOPED_TRACE(::testing::Message() << "seed " << seed << ": sliding(" << size << ", " << slide << ", " << offset
                                      << "), disorder " << disorder);
    plain_windows plain(size, slide, offset);
    auto harness = operator_harness<reading>(
        key_by(&reading::sensor) |
            window(sliding(milliseconds(size), milliseconds(slide), milliseconds(offset))) |
            aggregate<"totals">(aggregated),
        {.slots = slots, .batch_records = batch_records, .snapshots = true});
    std::int64_t now = below(100) - 50;
    std::int64_t watermark = INT64_MIN;
    int late_before = 0;
    const auto expect_fired = [&](std::int64_t to) {
      std::vector<row> fired = plain.watermark(to, expected);
      std::vector<row> found;
      std::int64_t last_end = INT64_MIN;
      for (const auto& each : harness.take_output()) {
        const auto* const record = std::get_if<weir::testing::timed_record<std::remove_cvref_t<decltype(
            harness.records()[0].value)>>>(&each);
        if (record == nullptr) continue;
        const std::int64_t end = epoch_ms(record->value.window_end);
        EXPECT_EQ(epoch_ms(record->time), end - 1);
        EXPECT_EQ(end - epoch_ms(record->value.window_start), size);
        if (slots == 1) {
          EXPECT_GE(end, last_end) << "windows fire in the order of their ends";
        }
        last_end = end;
        found.emplace_back(end, record->value.key, text_of(record->value.value));
      }
      std::sort(found.begin(), found.end());
      ASSERT_EQ(found, fired) << "at watermark " << to;
      all.results += static_cast<int>(found.size());
    };
    for (int step = 0; step < 40; ++step) {
      std::vector<weir::testing::timed_record<reading>> batch;
      for (std::int64_t i = below(12); i > 0; --i) {
        now += below(4);
        if (random() % 40 == 0) now += 3 * size + below(50);  // a time in which nothing comes
        const std::int64_t at = now - below(static_cast<std::uint64_t>(disorder));
        const std::int64_t value = below(100);
        const reading record = reading_at(at, value, static_cast<std::int32_t>(below(4)));
        plain.push(record);
        batch.push_back({record, record.at});
        ++all.records;
      }
      harness.push_all(batch);
      if (random() % 3 == 0 && now - disorder / 2 > watermark) {
        watermark = now - below(static_cast<std::uint64_t>(disorder) / 2 + 1);
        harness.watermark(milliseconds(watermark));
        ASSERT_NO_FATAL_FAILURE(expect_fired(watermark));
      }
      if (random() % 8 == 0) {
        late_before += static_cast<int>(harness.report().find("totals")->late_records);
        slots = 1 + random() % 3;
        harness.snapshot_restore(slots);
        plain.restore();
        watermark = INT64_MIN;
        ++all.restores;
      }
      ASSERT_EQ(late_before + static_cast<int>(harness.report().find("totals")->late_records), plain.late);
    }
    harness.end();
    expect_fired(INT64_MAX);
    all.late += plain.late;
  }
  EXPECT_GT(all.records, 5000);
  EXPECT_GT(all.late, 100);
  EXPECT_GT(all.restores, 50);
  EXPECT_GT(all.results, 3000);
}

std::int64_t sum_of(const std::vector<std::int64_t>& values) {
  std::int64_t sum = 0;
  for (const std::int64_t each : values) sum += each;
  return sum;
}

TEST(sliding, subtracts_what_leaves_a_window_of_an_invertible_aggregate) {
  compare(sum(&reading::value), [](const auto& values) { return text_of(sum_of(values)); }, 40);
}

TEST(sliding, merges_slices_of_an_associative_aggregate) {
  compare(max(&reading::value), [](const auto& values) {
    return text_of(*std::max_element(values.begin(), values.end()));
  }, 40);
}

TEST(sliding, subtracts_counts_and_sums_of_averages) {
  compare(combine(count(), avg(&reading::value)), [](const auto& values) {
    const auto count = static_cast<std::int64_t>(values.size());
    return text_of(std::tuple(count, static_cast<double>(sum_of(values)) / static_cast<double>(count)));
  }, 40);
}

TEST(sliding, merges_slices_of_an_inexact_aggregate) {
  compare(variance(&reading::value), [](const auto& values) {
    const auto count = static_cast<double>(values.size());
    if (values.size() < 2) return std::string("nan");
    double squares = 0;
    for (const std::int64_t each : values) {
      const double distance = static_cast<double>(each) - static_cast<double>(sum_of(values)) / count;
      squares += distance * distance;
    }
    return text_of(squares / (count - 1));
  }, 40);
}

TEST(sliding, keeps_the_order_of_records_where_it_matters) {
  compare(collect(&reading::value), [](const auto& values) { return text_of(values); }, 40);
}

TEST(sliding, knows_what_came_first_and_last_in_slices) {
  compare(combine(first(&reading::value), last(&reading::value)), [](const auto& values) {
    return text_of(std::tuple(values.front(), values.back()));
  }, 30);
  compare(combine(count(), last(&reading::value)), [](const auto& values) {
    return text_of(std::tuple(static_cast<std::int64_t>(values.size()), values.back()));
  }, 30);
}

TEST(sliding, keeps_the_first_or_the_last_of_equal_elements_in_slices) {
  const auto tens = [](const reading& each) { return each.value / 10; };
  const auto in_tens = [](std::int64_t left, std::int64_t right) { return left / 10 < right / 10; };
  compare(max_by(tens), [&](const auto& values) {
    return text_of(*std::max_element(values.begin(), values.end(), in_tens));
  }, 30);
  compare(min_by<ties::last>(tens), [&](const auto& values) {
    return text_of(*std::min_element(values.rbegin(), values.rend(), in_tens));
  }, 30);
}

TEST(sliding, takes_folds_that_cannot_be_merged) {
  const auto expected = [](const auto& values) { return text_of(2 * sum_of(values)); };
  compare(fold(std::int64_t{0}, [](std::int64_t so_far, const reading& each) { return so_far + 2 * each.value; }),
                     expected, 30);
}

// ---- one by one -------------------------------------------------------------------------------------------------------

template <class Aggregate>
auto harness_of(milliseconds size, milliseconds slide, Aggregate aggregated) {
  return operator_harness<reading>(key_by(&reading::sensor) | window(sliding(size, slide)) |
                                   aggregate<"totals">(std::move(aggregated)));
}

TEST(sliding, fires_every_window_that_contains_a_record) {
  auto harness = harness_of(30ms, 10ms, sum(&reading::value));
  harness.push(reading_at(5, 7), 5ms);
  harness.end();
  std::vector<std::pair<std::int64_t, std::int64_t>> found;
  for (const auto& each : harness.records()) found.emplace_back(epoch_ms(each.value.window_start), each.value.value);
  EXPECT_THAT(found, ElementsAre(std::pair(-20, 7), std::pair(-10, 7), std::pair(0, 7)));
}

TEST(sliding, fires_when_the_watermark_reaches_the_last_instant) {
  auto harness = harness_of(20ms, 10ms, count());
  harness.push(reading_at(15), 15ms);
  harness.watermark(18ms);
  EXPECT_EQ(harness.records().size(), 0u);
  harness.watermark(19ms);
  EXPECT_EQ(harness.records().size(), 1u);
  harness.watermark(28ms);
  EXPECT_EQ(harness.records().size(), 1u);
  harness.watermark(29ms);
  EXPECT_EQ(harness.records().size(), 2u);
}

TEST(sliding, counts_a_record_in_those_of_its_windows_that_are_open) {
  for (const bool subtracting : {true, false}) {
    std::vector<std::pair<std::int64_t, std::int64_t>> found;
    const auto run = [&](auto harness) {
      harness.push(reading_at(5, 1), 5ms);
      harness.watermark(15ms);
      harness.push(reading_at(6, 10), 6ms);  // [-10, 10) has fired, [0, 20) has not
      EXPECT_EQ(harness.report().find("totals")->late_records, 0u);
      harness.watermark(19ms);
      harness.push(reading_at(7, 100), 7ms);
      EXPECT_EQ(harness.report().find("totals")->late_records, 1u);
      harness.end();
      for (const auto& each : harness.records()) found.emplace_back(epoch_ms(each.value.window_start), each.value.value);
    };
    if (subtracting) {
      run(harness_of(20ms, 10ms, sum(&reading::value)));
      EXPECT_THAT(found, ElementsAre(std::pair(-10, 1), std::pair(0, 11)));
    } else {
      run(harness_of(20ms, 10ms, max(&reading::value)));
      EXPECT_THAT(found, ElementsAre(std::pair(-10, 1), std::pair(0, 10)));
    }
  }
}

TEST(sliding, says_nothing_of_a_record_between_two_windows_unless_it_is_behind_the_watermark) {
  auto harness = harness_of(10ms, 30ms, count());
  harness.push(reading_at(15), 15ms);
  EXPECT_EQ(harness.report().find("totals")->late_records, 0u);
  harness.watermark(15ms);
  harness.push(reading_at(15), 15ms);
  EXPECT_EQ(harness.report().find("totals")->late_records, 1u);
  harness.push(reading_at(16), 16ms);
  EXPECT_EQ(harness.report().find("totals")->late_records, 1u);
  harness.end();
  EXPECT_EQ(harness.records().size(), 0u);
}

TEST(sliding, gives_late_records_as_they_came) {
  auto harness = harness_of(20ms, 10ms, sum(&reading::value));
  harness.watermark(29ms);
  harness.push(reading_at(9, 3), 9ms);
  harness.push(reading_at(10, 4), 10ms);
  harness.push(reading_at(20, 5), 20ms);
  ASSERT_EQ(harness.late().size(), 2u);
  EXPECT_EQ(harness.late()[0].value, reading_at(9, 3));
  EXPECT_EQ(harness.late()[1].value, reading_at(10, 4));
}

TEST(sliding, forgets_keys_that_have_left_all_windows) {
  auto harness = harness_of(20ms, 10ms, sum(&reading::value));
  harness.push(reading_at(5, 1, 1), 5ms);
  harness.push(reading_at(25, 2, 2), 25ms);
  harness.watermark(29ms);
  std::vector<std::tuple<std::int64_t, std::int32_t>> found;
  for (const auto& each : harness.records()) found.emplace_back(epoch_ms(each.value.window_end), each.value.key);
  EXPECT_THAT(found, ElementsAre(std::tuple(10, 1), std::tuple(20, 1), std::tuple(30, 2)));
  harness.stop();
  EXPECT_EQ(harness.report().find("totals")->open_entries, 1u);
}

TEST(sliding, sums_floating_point_to_the_same_bits_after_a_restore) {
  const auto run = [](int restored_after) {
    auto harness = operator_harness<reading>(
        key_by(&reading::sensor) | window(sliding(70ms, 10ms)) |
            aggregate<"totals">(sum([](const reading& each) { return 0.1 * static_cast<double>(each.value); })),
        {.snapshots = true});
    std::vector<double> sums;
    for (int i = 0; i < 60; ++i) {
      harness.push(reading_at(i * 7, i * i % 97), milliseconds(i * 7));
      if (i % 3 == 2) harness.watermark(milliseconds(i * 7 - 20));
      if (i == restored_after) {
        harness.snapshot_restore();
        harness.watermark(milliseconds(i * 7 - 20));
      }
    }
    harness.end();
    for (const auto& each : harness.records()) sums.push_back(each.value.value);
    return sums;
  };
  const std::vector<double> straight = run(-1);
  EXPECT_GT(straight.size(), 40u);
  for (const int after : {2, 20, 32, 41}) EXPECT_EQ(run(after), straight) << after;
}

template <class Windows>
job sums_in(const Windows& windows) {
  const auto make = [](std::uint64_t i) { return reading_at(static_cast<std::int64_t>(i % 1000)); };
  return job("sums", from<"readings">(generate(make, bounded(10'000'000)).rate(50'000),
                                      event_time(&reading::at, out_of_orderness(1s)).watermark_interval(1)) |
                         key_by(&reading::sensor) | window(windows) | aggregate<"totals">(sum(&reading::value)) |
                         to<"out">(discard()));
}

/// What is said when `next` is to go on from a savepoint of `before`.
std::string refusal_of(const job& before, const job& next) {
  const std::filesystem::path folder = std::filesystem::path(::testing::TempDir()) / "sliding_of_other_windows";
  std::filesystem::remove_all(folder);
  run_options options{.slots = 1};
  options.checkpoints.directory = folder / "kept";
  options.checkpoints.interval = 5ms;
  job_handle running = before.start(options);
  while (running.running() && running.metrics().checkpoints_completed < 3) std::this_thread::sleep_for(1ms);
  running.stop_with_savepoint(folder / "sp");
  running.wait();
  options.restore = folder / "sp";
  options.checkpoints.directory = folder / "kept by another";
  std::string said = "it was restored";
  try {
    next.run(options);
  } catch (const error& refused) {
    said = refused.what();
  }
  std::filesystem::remove_all(folder);
  return said;
}

TEST(sliding, refuses_the_contents_of_other_windows) {
  EXPECT_THAT(refusal_of(sums_in(sliding(1h, 1min)), sums_in(sliding(1h, 90s))),
              HasSubstr("holds the contents of other windows than sliding(1h, 90s); restore with the "
                        "windows it was taken with, or give the aggregate another uid"));
}

/// Slices of a minute are no windows of a minute: they hold what older windows have given already.
TEST(sliding, is_told_from_tumbling_windows_as_long_as_its_slices) {
  EXPECT_THAT(refusal_of(sums_in(sliding(1h, 1min)), sums_in(tumbling(1min))),
              HasSubstr("holds the contents of other windows than tumbling(1min); restore with the windows it was"));
  EXPECT_THAT(refusal_of(sums_in(tumbling(1min)), sums_in(sliding(1h, 1min))),
              HasSubstr("holds the contents of other windows than sliding(1h, 1min); restore with the windows it was"));
}

// ---- jobs -------------------------------------------------------------------------------------------------------------

/// The rows of a whole job, and how many records were late.
std::pair<std::vector<row>, std::uint64_t> run_job(const std::vector<reading>& input, milliseconds size, milliseconds slide,
                                                   const run_options& options) {
  std::vector<window_result<std::int32_t, std::tuple<std::int64_t, std::int64_t>>> results;
  const job_report report = job("test", from(input, event_time(&reading::at, out_of_orderness(20ms)).watermark_interval(8)) |
                                            key_by(&reading::sensor) | window(sliding(size, slide)) |
                                            aggregate<"totals">(count(), sum(&reading::value)) | to<"out">(into(results)))
                                .run(options);
  std::vector<row> rows;
  for (const auto& each : results) rows.emplace_back(epoch_ms(each.window_end), each.key, text_of(each.value));
  std::sort(rows.begin(), rows.end());
  EXPECT_EQ(report.find("totals")->records_in, input.size());
  return {std::move(rows), report.find("totals")->late_records};
}

TEST(sliding, gives_the_same_whether_senders_aggregate_first_or_not) {
  for (std::uint64_t seed = 1; seed <= 2; ++seed) {
    std::mt19937_64 random(seed);
    std::vector<reading> input;
    for (int i = 0; i < 3000; ++i) {
      const auto early = static_cast<std::int64_t>(random() % 90);
      const auto sensor = static_cast<std::int32_t>(random() % 30);
      input.push_back(reading_at(i - early, static_cast<std::int64_t>(random() % 50), sensor));
    }
    for (const auto& [size, slide] : {std::pair(50, 10), std::pair(30, 20), std::pair(20, 50)}) {
      plain_windows plain(size, slide, 0);
      std::vector<row> expected;
      std::int64_t largest = INT64_MIN;
      const auto text = [](const auto& values) {
        return text_of(std::tuple(static_cast<std::int64_t>(values.size()), sum_of(values)));
      };
      for (std::size_t i = 0; i < input.size(); ++i) {
        plain.push(input[i]);
        largest = std::max(largest, epoch_ms(input[i].at));
        if (i % 8 == 7) {
          for (row& each : plain.watermark(largest - 21, text)) expected.push_back(std::move(each));
        }
      }
      for (row& each : plain.watermark(INT64_MAX, text)) expected.push_back(std::move(each));
      std::sort(expected.begin(), expected.end());
      ASSERT_GT(plain.late, 0);
      for (const pre_aggregation mode : {pre_aggregation::off, pre_aggregation::on, pre_aggregation::automatic}) {
        for (const std::size_t slots : {1u, 3u}) {
          const auto [rows, late] =
              run_job(input, milliseconds(size), milliseconds(slide),
                      {.slots = slots, .batch_records = 7, .channel_capacity = 1, .pre_aggregation = mode});
          EXPECT_EQ(rows, expected) << "seed " << seed << ", size " << size << ", mode " << static_cast<int>(mode);
          EXPECT_EQ(late, static_cast<std::uint64_t>(plain.late));
        }
      }
    }
  }
}

TEST(sliding, stands_in_the_plan) {
  const auto plan = job("plan", from(std::vector<reading>(), event_time(&reading::at, ascending())) |
                                    key_by(&reading::sensor) | window(sliding(60s, 1s)) |
                                    aggregate<"totals">(sum(&reading::value)) | to<"out">(discard()))
                        .plan(plan_format::text, {.slots = 2});
  EXPECT_THAT(plan, HasSubstr("sliding(1min, 1s), sum_value"));
  EXPECT_THAT(plan, HasSubstr("by hash(sensor), reading, pre-aggregated\n"));
}

TEST(sliding, takes_reduce_and_several_aggregates) {
  const auto input = from({reading_at(0, 5), reading_at(12, 3)}, event_time(&reading::at, ascending())) | share();
  const auto reduced = results_of(input | key_by(&reading::sensor) | window(sliding(20ms, 10ms)) |
                                  reduce<"sums">([](const reading& a, const reading& b) {
                                    return reading{a.sensor, b.at, a.value + b.value};
                                  }));
  std::vector<std::int64_t> values;
  for (const auto& each : reduced) values.push_back(each.value.value);
  EXPECT_THAT(values, ElementsAre(5, 8, 3));
}

}  // namespace
