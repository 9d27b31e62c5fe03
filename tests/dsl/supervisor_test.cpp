// --supervise, as a process: a child that dies, one that is stuck, limits, signals and exit statuses.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "tests/examples/program.hpp"
#include "tests/examples/test_files.hpp"

namespace {

using namespace std::chrono_literals;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
namespace files = std::filesystem;

const std::string summing_job = "tests/web/summing_job";
constexpr std::int64_t sales = 60'000;

class supervisor : public ::testing::Test {
 protected:
  static std::vector<std::string> arguments(std::vector<std::string> more, const std::string& rate = "40000") {
    std::vector<std::string> all = {"run",
                                    "--slots",
                                    "2",
                                    "--sales",
                                    std::to_string(sales),
                                    "--rate",
                                    rate,
                                    "--checkpoint-dir",
                                    "kept",
                                    "--checkpoint-interval",
                                    "100ms"};
    all.insert(all.end(), more.begin(), more.end());
    return all;
  }
  program_result run(std::vector<std::string> more, const std::string& rate = "40000") const {
    return run_program(summing_job, arguments(std::move(more), rate), {.folder = folder.path()});
  }

  /// The rows are those of a run without any accident.
  void check_results() const {
    std::map<std::int64_t, std::int64_t> sums;
    std::vector<std::string> expected = {"shop,sum"};
    for (std::int64_t i = 0; i < sales; ++i) {
      expected.push_back(std::to_string(i % 10) + "," + std::to_string(sums[i % 10] += i));
    }
    std::sort(expected.begin() + 1, expected.end());
    EXPECT_TRUE(table_of(folder / "sums.csv") == expected)
        << "the results differ from those of a run without accidents";
  }

  /// The child of the supervisor, from what the system knows of it.
  std::optional<pid_t> process_that_runs_the_job() const {
    for (const auto& entry : files::directory_iterator("/proc")) {
      std::ifstream file(entry.path() / "cmdline");
      const std::string words((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
      if (words.find("summing_job") == std::string::npos) continue;
      std::error_code failed;
      if (files::read_symlink(entry.path() / "cwd", failed) != files::canonical(folder.path())) continue;
      std::ifstream status(entry.path() / "stat");
      std::string skipped;
      pid_t parent = 0;
      status >> skipped >> skipped >> skipped >> parent;
      if (parent != ::getpid()) return static_cast<pid_t>(std::stol(entry.path().filename()));
    }
    return std::nullopt;
  }
  std::uint64_t newest_checkpoint() const {
    std::uint64_t newest = 0;
    std::error_code failed;
    for (const auto& entry : files::directory_iterator(folder / "kept", failed)) {
      const std::string name = entry.path().filename();
      if (!name.starts_with("chk-") || !files::exists(entry.path() / "MANIFEST")) continue;
      newest = std::max<std::uint64_t>(newest, std::stoull(name.substr(4)));
    }
    return newest;
  }

  scratch_folder folder;
};

TEST_F(supervisor, lets_a_job_go_on_that_was_killed) {
  running_program job(summing_job, arguments({"--supervise"}), {.folder = folder.path()});
  ASSERT_TRUE(wait_until([&] { return newest_checkpoint() >= 2; }));
  const std::optional<pid_t> child = process_that_runs_the_job();
  ASSERT_TRUE(child);
  ASSERT_EQ(::kill(*child, SIGKILL), 0);
  const auto result = job.wait();
  EXPECT_EQ(result.status, 0) << result.err;
  EXPECT_THAT(result.err,
              AllOf(HasSubstr("job 'sums': its process was ended by signal 9 (Killed); it starts again from "
                              "the latest checkpoint"),
                    HasSubstr("job 'sums' finished in")));
  check_results();
}

TEST_F(supervisor, lets_a_job_begin_anew_that_died_before_its_first_checkpoint) {
  const auto result = run({"--supervise", "--die-at", "0"});
  EXPECT_EQ(result.status, 0) << result.err;
  EXPECT_THAT(result.err, HasSubstr("it starts again as it did first: it had not completed a checkpoint"));
  check_results();
}

TEST_F(supervisor, kills_a_process_with_a_stuck_subtask_and_names_it) {
  const auto result = run({"--supervise", "--stick-at", "30000", "--stuck-after", "400ms"});
  EXPECT_EQ(result.status, 0) << result.err;
  EXPECT_THAT(result.err, AllOf(HasSubstr("job 'sums', stage 'from<\"sales\">"), HasSubstr("subtask 1 of 2"),
                                HasSubstr("has not finished a step within 400ms and its process was killed")));
  check_results();
}

TEST_F(supervisor, kills_a_process_that_gives_no_sign_of_life) {
  running_program job(summing_job, arguments({"--supervise", "--stuck-after", "500ms"}), {.folder = folder.path()});
  ASSERT_TRUE(wait_until([&] { return newest_checkpoint() >= 2; }));
  const std::optional<pid_t> child = process_that_runs_the_job();
  ASSERT_TRUE(child);
  ASSERT_EQ(::kill(*child, SIGSTOP), 0);
  const auto result = job.wait();
  EXPECT_EQ(result.status, 0) << result.err;
  EXPECT_THAT(result.err, HasSubstr("its process gave no sign of life within 500ms and was killed"));
  check_results();
}

TEST_F(supervisor, gives_up_after_as_many_restarts_as_are_allowed) {
  const auto result =
      run({"--supervise", "--die-at", "100", "--always", "--restart-attempts", "3", "--restart-delay", "1"});
  EXPECT_EQ(result.status, 128 + SIGKILL);
  EXPECT_THAT(result.err, HasSubstr("it was restarted as often as --restart-attempts allows"));
  std::size_t restarts = 0;
  for (std::size_t at = 0; (at = result.err.find("it starts again", at)) != std::string::npos; ++at) ++restarts;
  EXPECT_EQ(restarts, 3u);
}

TEST_F(supervisor, passes_the_status_of_a_failed_job_on) {
  const auto result = run({"--supervise", "--output", "no such folder/sums.csv"});
  EXPECT_EQ(result.status, 1);
  EXPECT_THAT(result.err, AllOf(HasSubstr("sink 'out' cannot write"), Not(HasSubstr("starts again"))));
}

TEST_F(supervisor, does_not_restart_a_job_that_needs_more_memory_than_it_may_take) {
  const std::vector<std::string> little = {"--supervise", "--shops", "30000", "--memory", "1MB", "--restart", "fixed_delay"};
  const auto result = run(little);
  EXPECT_EQ(result.status, 1);
  EXPECT_THAT(result.err, AllOf(HasSubstr("is more than the 1.0 MiB that the job may take (--memory); the largest is that "
                                          "of process 'sums' with "),
                                Not(HasSubstr("starts again")), Not(HasSubstr("restarted"))));
  const auto nonsense = run({"--memory", "plenty"});
  EXPECT_EQ(nonsense.status, 2);
  EXPECT_THAT(nonsense.err, HasSubstr("'plenty' is not an amount of memory, such as 512MB or 2GB"));
}

TEST_F(supervisor, passes_signals_on_and_restarts_nothing_after_one) {
  for (const int signal : {SIGINT, SIGTERM}) {
    running_program job(summing_job, arguments({"--supervise", "--restore", "latest"}), {.folder = folder.path()});
    const std::uint64_t before = newest_checkpoint();
    ASSERT_TRUE(wait_until([&] { return newest_checkpoint() > before; }));
    job.signal(signal);
    const auto result = job.wait();
    EXPECT_EQ(result.status, 130);
    EXPECT_THAT(result.err, AllOf(HasSubstr("job 'sums' was stopped after"), Not(HasSubstr("starts again"))));
  }
  EXPECT_EQ(run({"--restore", "latest"}, "1000000").status, 0);
  check_results();
}

TEST_F(supervisor, stops_the_job_when_it_is_killed_itself) {
  running_program job(summing_job, arguments({"--supervise"}), {.folder = folder.path()});
  ASSERT_TRUE(wait_until([&] { return newest_checkpoint() >= 1; }));
  job.signal(SIGKILL);
  EXPECT_EQ(job.wait().status, 128 + SIGKILL);
  ASSERT_TRUE(wait_until([&] { return !process_that_runs_the_job(); }));
  EXPECT_EQ(run({"--restore", "latest"}, "1000000").status, 0);
  check_results();
}

TEST_F(supervisor, needs_checkpoints) {
  const auto result = run_program(summing_job, {"--supervise"}, {.folder = folder.path()});
  EXPECT_EQ(result.status, 2);
  EXPECT_THAT(result.err, HasSubstr("add --checkpoint-dir DIRECTORY"));
  EXPECT_THAT(result.out, IsEmpty());
}

}  // namespace
