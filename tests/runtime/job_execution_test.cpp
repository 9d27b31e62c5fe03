// How runs end: finished, stopped, failed, cancelled; with real threads.
#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "tests/runtime/reading.hpp"
#include "tests/runtime/split_numbers.hpp"
#include "weir/core/error.hpp"
#include "weir/dsl/aggregate.hpp"
#include "weir/dsl/from.hpp"
#include "weir/dsl/job.hpp"
#include "weir/dsl/key_by.hpp"
#include "weir/dsl/map.hpp"
#include "weir/dsl/partitioning.hpp"
#include "weir/dsl/peek.hpp"
#include "weir/dsl/sinks.hpp"
#include "weir/dsl/to.hpp"
#include "weir/dsl/window.hpp"
#include "weir/runtime/job_execution.hpp"
#include "weir/testkit/dataflow_driver.hpp"
#include "weir/testkit/simulator.hpp"

namespace weir::testing {
namespace {

using namespace std::chrono_literals;

std::string failure_of(const auto& run) {
  try {
    run();
  } catch (const error& failure) {
    return failure.what();
  }
  return "no failure";
}

// ---- stop -----------------------------------------------------------------------------------------------------------

/// Counts readings without end per key and hour.
job endless(std::vector<std::int64_t>& results) {
  return job("endless", from<"readings">(generate(reading_at), event_time(&reading::at, ascending())) |
                            key_by(&reading::key) | window(tumbling(1h)) | aggregate<"counts">(count()) |
                            map([](const auto& result) { return result.value; }) | to<"out">(into(results)));
}

TEST(stop, drains_without_a_final_watermark_and_reports_open_entries) {
  std::vector<std::int64_t> results;
  dataflow_driver driver(endless(results), {.slots = 2});
  for (int round = 0; round < 100; ++round) driver.step();
  const std::uint64_t hours = driver.report().find("readings")->records_out / 3'600'000;
  ASSERT_EQ(hours, 0U);
  driver.stop();
  const job_report report = driver.run();
  EXPECT_TRUE(report.stopped);
  EXPECT_TRUE(results.empty());
  EXPECT_EQ(report.find("counts")->open_entries, 13U);
  EXPECT_EQ(report.find("counts")->records_in, report.find("readings")->records_out);
  EXPECT_EQ(report.notes,
            (std::vector<std::string>{"aggregate 'counts': 13 open entries of state were discarded without a result"}));
}

TEST(stop, after_the_last_record_changes_nothing) {
  std::vector<std::int64_t> results;
  auto readings = from<"readings">(generate(reading_at, bounded(10)), event_time(&reading::at, ascending()));
  const job ten("ten", std::move(readings) | map([](const reading& each) { return each.value; }) | rebalance() |
                           to<"out">(into(results)));
  dataflow_driver driver(ten, {.slots = 1});
  while (driver.execution().subtasks().front().task->step() != detail::step_status::done) {
  }
  driver.stop();
  EXPECT_FALSE(driver.run().stopped);
  EXPECT_EQ(results.size(), 10U);
}

TEST(stop, drains_at_any_moment_of_any_schedule) {
  for (std::uint64_t seed = 0; seed < 100; ++seed) {
    std::vector<std::int64_t> results;
    const simulation_report report =
        simulate(endless(results), {.seed = seed, .slots = 1 + seed % 3, .stop_after = 1 + seed * 37 % 2000});
    ASSERT_TRUE(report.stopped) << "seed " << seed;
    ASSERT_EQ(report.find("counts")->records_in, report.find("readings")->records_out) << "seed " << seed;
    ASSERT_LE(report.find("counts")->open_entries, 13U) << "seed " << seed;
    ASSERT_TRUE(results.empty()) << "seed " << seed;
  }
}

// ---- failure --------------------------------------------------------------------------------------------------------

constexpr auto number = [](std::uint64_t i) { return i; };

TEST(failure, is_one_sentence_with_job_stage_and_position) {
  const job broken("broken", from<"numbers">(split_numbers(100, 100, number)) | map([](std::uint64_t value) {
                               if (value == 41) throw std::runtime_error("41 is not allowed");
                               return value;
                             }) | to<"out">(discard()));
  EXPECT_EQ(failure_of([&] { broken.run({.slots = 1}); }),
            "job 'broken', stage 'from<\"numbers\"> | map | to<\"out\">', subtask 1 of 1, at number 42: "
            "41 is not allowed");
}

TEST(failure, ends_all_subtasks_on_1_2_and_8_slots) {
  for (const std::size_t slots : {1U, 2U, 8U}) {
    const job broken("broken", from<"numbers">(generate(number)) | rebalance() | map([](std::uint64_t value) {
                                 if (value == 20'000) throw std::runtime_error("too many");
                                 return value;
                               }) | rebalance() |
                                   to<"out">(discard()));
    const std::string failure = failure_of([&] { broken.run({.slots = slots, .batch_records = 16}); });
    EXPECT_TRUE(failure.starts_with("job 'broken', stage 'map', subtask ")) << failure;
    EXPECT_TRUE(failure.ends_with(": too many")) << failure;
  }
}

TEST(failure, of_something_that_is_no_exception_is_told) {
  const job broken("broken", from({1}) | peek([](int) { throw 5; }) | to<"out">(discard()));
  EXPECT_EQ(failure_of([&] { broken.run({.slots = 1}); }),
            "job 'broken', stage 'from | peek | to<\"out\">', subtask 1 of 1, at about element 0 of the range: "
            "a user function threw something that is no std::exception");
}

/// Collects nothing: fails when it is flushed.
struct failing_flush {
  template <class Element>
  static constexpr bool accepts = true;
  std::string describe() const { return "fails"; }
  struct writer {
    void write(std::uint64_t) const noexcept {}
    void flush() const { throw std::runtime_error("no space left"); }
    void close() const noexcept {}
  };
  template <class Element>
  writer open(detail::sink_context&) const {
    return {};
  }
};

TEST(failure, of_a_flush_fails_the_job) {
  const job broken("broken", from<"numbers">(generate(number).rate(1e6)) | rebalance() | to<"out">(failing_flush{}));
  for (const std::size_t slots : {1U, 2U}) {
    const std::string failure = failure_of([&] { broken.run({.slots = slots}); });
    EXPECT_TRUE(failure.starts_with("job 'broken', stage 'to<\"out\">', subtask ")) << failure;
    EXPECT_TRUE(failure.ends_with(": no space left")) << failure;
  }
}

TEST(failure, leaves_the_description_fit_for_another_run) {
  std::atomic<bool> broken{true};
  std::vector<std::uint64_t> out;
  const job moody("moody", from<"numbers">(split_numbers(50, 10, number)) | rebalance() | map([&](std::uint64_t value) {
                             if (broken && value == 30) throw std::runtime_error("not now");
                             return value;
                           }) | to<"out">(into(out)));
  EXPECT_NE(failure_of([&] { moody.run({.slots = 2}); }), "no failure");
  broken = false;
  out.clear();
  moody.run({.slots = 2});
  EXPECT_EQ(out.size(), 50U);
}

/// Numbers whose reader cannot say where it stands.
struct lost_numbers : split_numbers<std::uint64_t (*)(std::uint64_t)> {
  lost_numbers() : split_numbers(10, 10, [](std::uint64_t i) { return i; }) {}
  struct reader : split_numbers::reader {
    std::string position() const { throw std::runtime_error("the file is gone"); }
  };
  reader open(const detail::source_split& split, detail::source_context& context) const {
    return {split_numbers::open(split, context)};
  }
};

TEST(failure, is_told_although_the_position_cannot_be) {
  const job broken("broken", from<"numbers">(lost_numbers()) |
                                 peek([](std::uint64_t) { throw std::runtime_error("no"); }) | to<"out">(discard()));
  EXPECT_EQ(failure_of([&] { broken.run({.slots = 1}); }),
            "job 'broken', stage 'from<\"numbers\"> | peek | to<\"out\">', subtask 1 of 1: no");
}

/// Throws what is no exception, when its writer is opened or when the job has ended.
struct rude_sink {
  bool at_open;
  template <class Element>
  static constexpr bool accepts = true;
  std::string describe() const { return "rude"; }
  struct listener final : detail::job_listener {
    std::string job_ended(detail::job_outcome) override { throw 7; }
  };
  template <class Element>
  detail::discard_sink::writer open(detail::sink_context& context) const {
    if (at_open) throw 6;
    context.add_listener(std::make_shared<listener>());
    return {};
  }
};

TEST(failure, of_something_that_is_no_exception_is_told_at_the_start_and_at_the_end) {
  const std::string what = "a user function threw something that is no std::exception";
  const auto rude = [](bool at_open) {
    return job("rude", from(std::vector<std::uint64_t>{}) | to<"out">(rude_sink{at_open}));
  };
  EXPECT_EQ(failure_of([&] { rude(true).run({.slots = 1}); }), "job 'rude', stage 'from | to<\"out\">': " + what);
  EXPECT_EQ(failure_of([&] { rude(false).run({.slots = 1}); }), "job 'rude': " + what);
}

// ---- results that are kept between batches --------------------------------------------------------------------------

using values = std::vector<std::int64_t>;

struct join_values {
  values operator()(values joined, const reading& next) const {
    joined.push_back(next.value);
    return joined;
  }
  values operator()(values joined, const values& next) const {
    joined.insert(joined.end(), next.begin(), next.end());
    return joined;
  }
};

TEST(reduced_result, survives_watermarks) {
  // Its running value moves to the batch loop and back: an advance of event time must not lose it.
  values all;
  const job joined("reduce", from<"readings">(generate(reading_at, bounded(1000)),
                                              event_time(&reading::at, ascending()).watermark_interval(10)) |
                                 to<"out">(reduce_into(all, values{}, join_values{})));
  joined.run({.slots = 1});
  EXPECT_EQ(all.size(), 1000U);
}

// ---- threads --------------------------------------------------------------------------------------------------------

TEST(threads, give_the_same_result_50_times) {
  std::uint64_t total = 0;
  const auto add = [](std::uint64_t left, std::uint64_t right) { return left + right; };
  const job summed("sum", from<"numbers">(split_numbers(2000, 50, number)) | rebalance() |
                              map([](std::uint64_t value) { return value + 1; }) | weir::random(1) |
                              to<"sum">(reduce_into(total, std::uint64_t{0}, add)));
  for (int run = 0; run < 50; ++run) {
    for (const std::size_t slots : {2U, 8U}) {
      total = 0;
      summed.run({.slots = slots, .batch_records = 8, .channel_capacity = 2});
      ASSERT_EQ(total, 2000U * 2001U / 2) << slots << " slots, run " << run;
    }
  }
}

// ---- job_handle -----------------------------------------------------------------------------------------------------

job counting_up() {
  return job("endless", from<"numbers">(generate(number).rate(1e5)) | rebalance() | to<"out">(discard()));
}

void wait_for_records(const job_handle& handle) {
  while (handle.metrics().find("out")->records_in == 0) std::this_thread::sleep_for(1ms);
}

TEST(job_handle, stops_and_reports) {
  job_handle handle = counting_up().start({.slots = 2});
  EXPECT_TRUE(handle.running());
  wait_for_records(handle);
  handle.stop();
  const job_report report = handle.wait();
  EXPECT_FALSE(handle.running());
  EXPECT_TRUE(report.stopped);
  EXPECT_GT(report.duration.count(), 0);
  EXPECT_EQ(report.find("out")->records_in, report.find("numbers")->records_out);
}

TEST(job_handle, cancels) {
  job_handle handle = counting_up().start({.slots = 2});
  wait_for_records(handle);
  handle.cancel();
  EXPECT_EQ(failure_of([&] { handle.wait(); }), "job 'endless' was cancelled");
  EXPECT_FALSE(handle.running());
}

TEST(job_handle, waits_for_a_bounded_job) {
  std::vector<std::uint64_t> out;
  job_handle handle = job("short", from<"numbers">(split_numbers(100, 10, number)) | to<"out">(into(out))).start();
  const job_report report = handle.wait();
  EXPECT_FALSE(report.stopped);
  EXPECT_EQ(out.size(), 100U);
}

TEST(job_handle, may_be_waited_for_again_and_is_not_cancelled_after_the_end) {
  job_handle handle = job("short", from<"numbers">(split_numbers(100, 10, number)) | to<"out">(discard())).start();
  const job_report report = handle.wait();
  handle.cancel();
  std::this_thread::sleep_for(20ms);
  const job_report again = handle.wait();
  EXPECT_EQ(again.duration, report.duration);
  EXPECT_EQ(again.find("out")->records_in, 100U);
}

TEST(job_handle, tells_the_failure_when_waited_for) {
  const job broken("broken", from({1}) | peek([](int) { throw std::runtime_error("no"); }) | to<"out">(discard()));
  job_handle handle = broken.start({.slots = 1});
  EXPECT_TRUE(failure_of([&] { handle.wait(); }).ends_with(": no"));
}

TEST(job_handle, stops_its_job_when_it_is_assigned_over_or_destroyed) {
  job_handle handle = counting_up().start({.slots = 1});
  handle = counting_up().start({.slots = 1});
}

}  // namespace
}  // namespace weir::testing
