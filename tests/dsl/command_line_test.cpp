// What a job's main function answers when its job cannot be made.
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

}  // namespace
