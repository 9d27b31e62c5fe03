// The check itself: it accepts what is right, says what is wrong and how to see it again, and makes the runs that it is
// told to make.
#include "weir/testkit/exactly_once.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest-spi.h>
#include <gtest/gtest.h>

#include <cstdio>
#include <cstdlib>
#include <set>
#include <string>
#include <vector>

#include "weir/connectors/lines.hpp"
#include "weir/core/error.hpp"
#include "weir/dsl/from.hpp"
#include "weir/dsl/job.hpp"
#include "weir/dsl/map.hpp"
#include "weir/dsl/partitioning.hpp"
#include "weir/dsl/sinks.hpp"
#include "weir/dsl/to.hpp"
#include "weir/testkit/fault_point.hpp"

namespace weir::testing {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

const std::vector<std::string> numbers = [] {
  std::vector<std::string> made;
  for (int i = 100; i < 160; ++i) made.push_back(std::to_string(i));
  return made;
}();

std::string text_of(const std::vector<std::string>& all) {
  std::string text;
  for (const std::string& each : all) text += each + "\n";
  return text;
}

/// Copies the lines of "in" to "out".
job copying() {
  return job("copying", from<"in">(lines("in").split_bytes(40)) | rebalance() | map([](std::string_view line) {
                          fault_point();
                          return std::string(line);
                        }) | to<"out">(lines("out")));
}

job_files one_to_one() { return job_files().given("in", text_of(numbers)).expect("out", numbers); }

/// Sets a variable as long as it lives.
struct environment {
  environment(const char* name, const char* value) : name_(name) { ::setenv(name, value, 1); }
  ~environment() { ::unsetenv(name_); }
  const char* name_;
};

struct exactly_once : ::testing::Test {
  // These tests say themselves which seeds they run.
  exactly_once() {
    ::unsetenv("WEIR_SEED");
    ::unsetenv("WEIR_SEEDS");
  }
};

TEST_F(exactly_once, holds_for_a_copy) {
  EXPECT_EXACTLY_ONCE(copying(), one_to_one(), seeds(100));
  EXPECT_EXACTLY_ONCE(copying(), job_files().given("in", text_of(numbers)), seeds(20));
}

TEST_F(exactly_once, names_the_first_line_that_is_missing_and_that_is_too_many) {
  const auto report = check_exactly_once(copying(), job_files().given("in", "a\nb\nb\n").expect("out", {"c", "b"}), seeds(3));
  EXPECT_THAT(report.problem, AllOf(HasSubstr("job 'copying', seed 0: out lacks 1 line, first 'c'"),
                                    HasSubstr("too many lines: 2 lines, first 'a'"),
                                    HasSubstr("the same again with WEIR_SEED=0 WEIR_SEEDS=1")));
  EXPECT_EQ(report.runs, 1u);
}

TEST_F(exactly_once, finds_files_that_are_left_over) {
  const auto report = check_exactly_once(copying(), job_files().given("in", "a\n").expect_text("out2", ""), seeds(1));
  EXPECT_THAT(report.problem, HasSubstr("out is left over"));
}

TEST_F(exactly_once, reads_files_in_parts) {
  const auto with_header = [](std::string text) { return job_files().given("in", text).expect_parts("o*", "a", {"c", "b"}); };
  seeds in_order(1);
  in_order.slots_max = 1;
  in_order.options = {};
  EXPECT_EXACTLY_ONCE(job("copy", from<"in">(lines("in")) | to<"out">(lines("out"))), with_header("a\nb\nc\n"), in_order);
  EXPECT_THAT(check_exactly_once(job("copy", from<"in">(lines("in")) | to<"out">(lines("out"))),
                                 with_header("b\na\nc\n"), in_order).problem,
              HasSubstr("out does not begin with its header"));
}

TEST_F(exactly_once, does_not_hold_for_a_sink_that_shows_all_at_once) {
  std::vector<std::string> shown;
  const job under_test("showing", from<"in">(lines("in").split_bytes(40)) | rebalance() |
                                      map([](std::string_view line) { return std::string(line); }) |
                                      to<"out">(into(shown)));
  const auto check = [&](const memory_storage&) {
    const std::size_t count = shown.size();
    shown.clear();
    return count == numbers.size() ? std::string{} : "there are " + std::to_string(count) + " lines";
  };
  const auto report = check_exactly_once(under_test, job_files().given("in", text_of(numbers)).check(check), seeds(100));
  EXPECT_THAT(report.problem, AllOf(HasSubstr("there are "), HasSubstr("it met ")));
}

TEST_F(exactly_once, names_the_seed_of_a_job_that_fails_by_itself) {
  const job broken("broken", from<"in">(lines("in")) | map([](std::string_view) -> int { throw error("never"); }) |
                                 to<"out">(lines("out")));
  const auto report = check_exactly_once(broken, job_files().given("in", "a\n").expect_text("out", "a\n"), seeds(5));
  EXPECT_THAT(report.problem, AllOf(HasSubstr("seed 0"), HasSubstr("never")));
}

TEST_F(exactly_once, fails_as_a_googletest_expectation) {
  EXPECT_NONFATAL_FAILURE(EXPECT_EXACTLY_ONCE(copying(), one_to_one().expect("no such file", {"a"}), seeds(1)),
                          "there is no no such file");
}

TEST_F(exactly_once, runs_the_seeds_that_it_is_told_to_run_and_some_fresh_ones) {
  EXPECT_EQ(check_exactly_once(copying(), one_to_one(), seeds(40)).runs, 42u);
  const environment count("WEIR_SEEDS", "7");
  EXPECT_EQ(check_exactly_once(copying(), one_to_one(), seeds(40)).runs, 7u);
  const environment first("WEIR_SEED", "30");
  ::testing::internal::CaptureStdout();
  check_exactly_once(copying(), one_to_one(), seeds(40));
  EXPECT_THAT(::testing::internal::GetCapturedStdout(), HasSubstr("job 'copying', seeds 30 to 36: "));
  const environment wrong("WEIR_SEEDS", "many");
  EXPECT_THROW(check_exactly_once(copying(), one_to_one(), seeds(40)), error);
}

TEST_F(exactly_once, makes_the_same_run_from_the_same_seed_with_all_faults) {
  std::set<std::uint64_t> hashes;
  for (std::uint64_t seed = 0; seed < 30; ++seed) {
    std::vector<simulation_step> traces[2];
    for (auto& trace : traces) {
      memory_storage disk;
      one_to_one().put_on(disk);
      simulation_options options = seeds(1).options;
      options.seed = seed;
      options.storage = &disk;
      options.trace = &trace;
      hashes.insert(simulate(copying(), options).trace_hash);
    }
    ASSERT_TRUE(traces[0] == traces[1]) << "seed " << seed;
  }
  EXPECT_EQ(hashes.size(), 30u);
}

TEST_F(exactly_once, dies_at_every_moment) {
  const job_files few = job_files().given("in", "a\nb\nc\n").expect_text("out", "a\nb\nc\n");
  ::testing::internal::CaptureStdout();
  const auto report = check_exactly_once(copying(), few, every_crash{});
  const std::string printed = ::testing::internal::GetCapturedStdout();
  EXPECT_TRUE(report.holds()) << report.problem;
  unsigned long decisions = 0;
  unsigned long calls = 0;
  ASSERT_EQ(std::sscanf(printed.c_str(), "job 'copying', every moment of seed 0, %lu decisions and %lu storage calls",
                        &decisions, &calls), 2) << printed;
  EXPECT_GT(decisions, 20u);
  EXPECT_GT(calls, 10u);
  EXPECT_EQ(report.runs, 1 + decisions + 2 * calls);
  EXPECT_EQ(report.events.crashes, decisions + 2 * calls);
  EXPECT_EQ(report.events.crashes_in_storage, 2 * calls);
  EXPECT_THAT(check_exactly_once(copying(), few, every_crash{.runs_max = 10}).problem, HasSubstr("give it less input"));
}

}  // namespace
}  // namespace weir::testing
