#include "weir/dsl/job.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "tests/dsl/results_of.hpp"
#include "weir/core/error.hpp"
#include "weir/dsl/filter.hpp"
#include "weir/dsl/from.hpp"
#include "weir/dsl/map.hpp"
#include "weir/dsl/partitioning.hpp"

namespace {

using namespace weir;
using ::testing::AllOf;
using ::testing::HasSubstr;

TEST(job, runs_as_often_as_one_likes_and_from_copies) {
  std::vector<int> out;
  const job first("numbers", from({1, 2}) | to<"out">(into(out)));
  first.run({.slots = 1});
  const job second = first;
  second.run({.slots = 1});
  EXPECT_EQ(out, (std::vector{1, 2, 1, 2}));
  EXPECT_EQ(second.name(), "numbers");
}

TEST(job, holds_several_pipelines) {
  std::vector<int> one;
  std::vector<std::string> two;
  auto pipeline = from({1}) | to<"one">(into(one));
  job("both", pipeline, from({std::string("a")}) | to<"two">(into(two))).run({.slots = 2});
  EXPECT_EQ(one, (std::vector{1}));
  EXPECT_EQ(two, (std::vector<std::string>{"a"}));
}

TEST(job, refuses_a_uid_that_is_used_twice_and_names_both_lines) {
  const int line = __LINE__ + 2;
  try {
    job("twice", from({1}) | to<"same">(discard()),
        from({2}) | to<"same">(discard()));
    FAIL();
  } catch (const error& wrong) {
    EXPECT_THAT(wrong.what(), AllOf(HasSubstr("job 'twice': the uid 'same' is used twice, at "),
                                    HasSubstr("job_test.cpp:" + std::to_string(line) + " and at "),
                                    HasSubstr("job_test.cpp:" + std::to_string(line + 1) + "; give each its own")));
  }
}

TEST(job, refuses_options_that_make_no_sense) {
  const job some("some", from({1}) | to<"out">(discard()));
  EXPECT_THROW(some.run({.slots = 1, .batch_records = 0}), error);
  EXPECT_THROW(some.run({.slots = 1, .channel_capacity = 0}), error);
  EXPECT_THROW(some.run({.slots = 5000}), error);
}

TEST(job, that_fails_says_where_and_why) {
  const job failing("failing", from<"numbers">({1, 2, 3}) | map([](int x) {
                                 if (x == 2) throw std::runtime_error("two is too many");
                                 return x;
                               }) | to<"out">(discard()));
  try {
    failing.run({.slots = 1});
    FAIL();
  } catch (const error& wrong) {
    EXPECT_THAT(wrong.what(), AllOf(HasSubstr("failing"), HasSubstr("two is too many"), HasSubstr("map"),
                                    HasSubstr("element")));
  }
}

TEST(job, that_failed_may_run_again) {
  bool fail = true;
  std::vector<int> out;
  const job moody("moody", from({1}) | rebalance() | map([&fail](int x) {
                             if (fail) throw std::runtime_error("not now");
                             return x;
                           }) | to<"out">(into(out)));
  EXPECT_THROW(moody.run({.slots = 2}), error);
  fail = false;
  moody.run({.slots = 2});
  EXPECT_EQ(out, (std::vector{1}));
}

TEST(job, reports_figures_by_stage_and_operator) {
  const job_report report = job("figures", from<"numbers">({1, 2, 3, 4}) | filter([](int x) { return x > 1; }) |
                                               rebalance() | to<"out">(discard()))
                                .run({.slots = 2});
  EXPECT_EQ(report.name, "figures");
  EXPECT_FALSE(report.stopped);
  ASSERT_EQ(report.stages.size(), 2u);
  EXPECT_EQ(report.stages[0].parallelism, 2u);
  ASSERT_NE(report.find("numbers"), nullptr);
  EXPECT_EQ(report.find("numbers")->records_out, 4u);
  EXPECT_EQ(report.find("out")->records_in, 3u);
  EXPECT_EQ(report.find("none of that name"), nullptr);
}

TEST(job_handle, tells_whether_the_job_runs_and_stops_it_when_it_goes) {
  const job endless("endless", from<"numbers">(generate([](std::uint64_t i) { return i; })) | rebalance() |
                                   to<"out">(discard()));
  job_handle handle = endless.start({.slots = 2});
  EXPECT_TRUE(handle.running());
  while (handle.metrics().find("out")->records_in == 0) std::this_thread::yield();
  job_handle other = std::move(handle);
  EXPECT_TRUE(other.running());
}

TEST(job_handle, waits_for_the_end) {
  std::vector<int> out;
  const job some("some", from({1, 2}) | to<"out">(into(out)));
  job_handle handle = some.start({.slots = 1});
  const job_report report = handle.wait();
  EXPECT_EQ(report.find("out")->records_in, 2u);
  EXPECT_FALSE(handle.running());
  EXPECT_EQ(out, (std::vector{1, 2}));
}

TEST(job_handle, outlives_the_job_that_it_runs) {
  job_handle handle = [] {
    return job("gone", from<"numbers">(generate([](std::uint64_t i) { return i; }, bounded(100'000))) | rebalance() |
                           to<"out">(discard()))
        .start({.slots = 2});
  }();
  EXPECT_EQ(handle.wait().find("out")->records_in, 100'000u);
}

TEST(job_handle, cancels) {
  const job endless("endless", from<"numbers">(generate([](std::uint64_t i) { return i; })) | to<"out">(discard()));
  job_handle handle = endless.start({.slots = 1});
  handle.cancel();
  try {
    handle.wait();
    FAIL();
  } catch (const error& wrong) {
    EXPECT_THAT(wrong.what(), HasSubstr("job 'endless' was cancelled"));
  }
}

TEST(job_handle, throws_what_failed_the_job) {
  const job failing("failing", from({1}) | map([](int x) -> int { throw std::runtime_error("bad " + std::to_string(x)); }) |
                                   to<"out">(discard()));
  job_handle handle = failing.start({.slots = 1});
  EXPECT_THROW(handle.wait(), error);
}

}  // namespace
