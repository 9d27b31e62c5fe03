// What a job's main function answers when its job cannot be made, or when its options do not fit each other.
#include "weir/dsl/command_line.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <vector>

#include "weir/dsl/from.hpp"
#include "weir/dsl/sinks.hpp"
#include "weir/dsl/to.hpp"

namespace {

using namespace weir;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::StartsWith;

struct answer {
  int status;
  std::string err;
};

answer answer_of(const std::function<job()>& make, std::vector<std::string> words) {
  words.insert(words.begin(), "numbers");
  std::vector<char*> argv;
  for (std::string& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  ::testing::internal::CaptureStderr();
  const int status = run(make, static_cast<int>(words.size()), argv.data());
  return {status, ::testing::internal::GetCapturedStderr()};
}

job numbers() { return job("numbers", from({1, 2}) | to<"out">(discard())); }

/// A restart whose pause is not the default, so that the run shows which options were taken.
std::vector<std::string> restarted(std::vector<std::string> by) {
  by.insert(by.end(), {"--restart-attempts", "3", "--restart-delay", "1ms", "--log-level", "error"});
  return by;
}

TEST(command_line, runs_a_job_that_a_function_makes) {
  const answer given = answer_of(numbers, {"--slots", "1", "--no-progress", "--log-level", "error"});
  EXPECT_EQ(given.status, 0);
  EXPECT_EQ(given.err, "");
}

TEST(command_line, says_in_one_sentence_why_a_job_cannot_be_made) {
  const answer twice = answer_of(
      [] { return job("numbers", from({1}) | to<"same">(discard()), from({2}) | to<"same">(discard())); }, {"run"});
  EXPECT_EQ(twice.status, 1);
  EXPECT_THAT(twice.err, AllOf(StartsWith("job 'numbers': the uid 'same' is used twice, at "),
                               HasSubstr("; give each its own\n")));
  const answer rate = answer_of(
      [] {
        return job("numbers", from<"made">(generate([](std::uint64_t i) { return i; }).rate(0)) | to<"out">(discard()));
      },
      {"plan"});
  EXPECT_EQ(rate.status, 1);
  EXPECT_THAT(rate.err, StartsWith("weir: generate(f).rate(0"));
}

TEST(command_line, refuses_to_end_a_stuck_job_that_nobody_starts_again) {
  const answer given = answer_of(numbers, {"--stuck-after", "30s"});
  EXPECT_EQ(given.status, 2);
  EXPECT_EQ(given.err,
            "job 'numbers': --stuck-after ends the process of a job so that it is started again, and without --supervise "
            "nobody does; add --supervise; numbers --help lists the options\n");
}

TEST(command_line, refuses_options_of_restarts_where_there_are_none) {
  for (const std::vector<std::string>& wrong : {std::vector<std::string>{"--restart-attempts", "3"},
                                                {"--restart-delay", "1s"},
                                                {"--restart", "none", "--restart-delay", "1s"}}) {
    const answer given = answer_of(numbers, wrong);
    EXPECT_EQ(given.status, 2) << wrong.front();
    EXPECT_EQ(given.err, "job 'numbers': " + wrong[wrong.size() - 2] +
                             " is for restarts, and without --restart or --supervise there are none; add --restart HOW, such "
                             "as exponential_backoff, or --supervise; numbers --help lists the options\n");
  }
  EXPECT_EQ(answer_of(numbers, restarted({"--restart", "fixed_delay"})).status, 0);
  // Which is refused only later, for want of checkpoints.
  EXPECT_THAT(answer_of(numbers, restarted({"--supervise"})).err, HasSubstr("add --checkpoint-dir DIRECTORY"));
}

}  // namespace
