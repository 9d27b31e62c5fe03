// A served job and the commands that ask it, as processes.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "tests/examples/program.hpp"
#include "tests/examples/test_files.hpp"

namespace {

using nlohmann::json;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::StartsWith;

const std::string summing_job = "tests/web/summing_job";

class commands : public ::testing::Test {
 protected:
  program_options here() const { return {.folder = folder.path()}; }

  running_program start(std::vector<std::string> more = {}) const {
    std::vector<std::string> all = {"run",   "--slots", "2", "--sales",          "1000000000", "--rate",
                                    "10000", "--web",   "0", "--checkpoint-dir", "kept",       "--checkpoint-interval",
                                    "50ms"};
    all.insert(all.end(), more.begin(), more.end());
    return running_program(summing_job, all, here());
  }
  bool served() const {
    return wait_until([&] { return std::filesystem::exists(folder / "kept" / "web.json"); });
  }
  program_result ask(std::vector<std::string> words) const {
    words.insert(words.end(), {"--checkpoint-dir", "kept"});
    return run_program(summing_job, words, here());
  }
  std::string url() const {
    std::ifstream file(folder / "kept" / "web.json");
    return json::parse(file).at("url").get<std::string>();
  }

  scratch_folder folder;
};

TEST_F(commands, find_the_job_by_its_checkpoint_directory) {
  running_program job = start();
  ASSERT_TRUE(served());
  auto result = ask({"status"});
  EXPECT_EQ(result.status, 0) << result.err;
  EXPECT_EQ(json::parse(result.out).at("state"), "running");

  result = ask({"savepoint", "--to", "sp-1"});
  EXPECT_EQ(result.status, 0) << result.err;
  EXPECT_THAT(result.out,
              AllOf(StartsWith("savepoint "), HasSubstr(" of job 'sums' is in " + (folder / "sp-1").string())));
  EXPECT_TRUE(std::filesystem::exists(folder / "sp-1" / "MANIFEST"));

  result = ask({"savepoint", "--to", "sp-1"});
  EXPECT_EQ(result.status, 1);
  EXPECT_THAT(result.err, AllOf(StartsWith("job 'sums': no savepoint was written to "), HasSubstr("is in it already")));

  result = ask({"stop", "--savepoint", "sp-2"});
  EXPECT_EQ(result.status, 0) << result.err;
  EXPECT_THAT(result.out, AllOf(HasSubstr("sp-2"), HasSubstr("job 'sums' is stopping\n")));
  const auto ended = job.wait();
  EXPECT_EQ(ended.status, 0) << ended.err;
  EXPECT_THAT(ended.err, AllOf(HasSubstr("job 'sums' is served at http://127.0.0.1:"), HasSubstr("was stopped after")));
  EXPECT_FALSE(std::filesystem::exists(folder / "kept" / "web.json"));

  result = ask({"status"});
  EXPECT_EQ(result.status, 1);
  EXPECT_THAT(result.err, HasSubstr("no job with the checkpoint directory kept is being served"));
}

TEST_F(commands, find_the_job_by_its_address) {
  running_program job = start();
  ASSERT_TRUE(served());
  EXPECT_EQ(run_program(summing_job, {"status", "--url", url()}, here()).status, 0);
  const std::string port = url().substr(url().rfind(':') + 1);
  EXPECT_EQ(run_program(summing_job, {"status", "--web", port}, here()).status, 0);
  EXPECT_EQ(run_program(summing_job, {"cancel", "--web", port}, here()).out, "job 'sums' is cancelled\n");
  const auto ended = job.wait();
  EXPECT_EQ(ended.status, 1);
  EXPECT_THAT(ended.err, HasSubstr("job 'sums' was cancelled over HTTP\n"));
  const auto late = run_program(summing_job, {"status", "--web", port}, here());
  EXPECT_EQ(late.status, 1);
  EXPECT_THAT(late.err, HasSubstr("nobody answers at http://127.0.0.1:" + port));
}

TEST_F(commands, drain_a_job) {
  running_program job = start();
  ASSERT_TRUE(served());
  EXPECT_EQ(ask({"stop", "--drain"}).out, "job 'sums' is stopping\n");
  EXPECT_EQ(job.wait().status, 0);
  EXPECT_TRUE(std::filesystem::exists(folder / "sums.csv"));
}

TEST_F(commands, drain_a_job_by_a_signal) {
  running_program job = start({"--drain"});
  ASSERT_TRUE(served());
  job.signal(SIGTERM);
  EXPECT_EQ(job.wait().status, 130);
  EXPECT_TRUE(std::filesystem::exists(folder / "sums.csv"));
}

TEST_F(commands, tell_what_holds_event_time_back) {
  running_program job = start();
  ASSERT_TRUE(served());
  job.signal(SIGUSR1);  // is answered before the stop that is asked for next
  job.signal(SIGTERM);
  const auto ended = job.wait();
  EXPECT_EQ(ended.status, 130);
  EXPECT_THAT(ended.err, AllOf(HasSubstr("job 'sums', stage 1 'from<\"sales\"> | peek"),
                               HasSubstr("released by the end of the input; event_time(...) at its from(...)")));
}

TEST_F(commands, show_the_token) {
  folder.write("token", "0123456789abcdef\n");
  running_program job = start({"--web-token-file", "token"});
  ASSERT_TRUE(served());
  auto result = ask({"status"});
  EXPECT_EQ(result.status, 1);
  EXPECT_THAT(result.err, HasSubstr("Authorization: Bearer TOKEN"));
  result = ask({"cancel", "--web-token-file", "token"});
  EXPECT_EQ(result.status, 0) << result.err;
  EXPECT_EQ(job.wait().status, 1);
}

TEST_F(commands, are_refused_with_a_sentence) {
  for (const std::vector<std::string>& wrong : {std::vector<std::string>{"savepoint"},
                                                {"stop", "--to", "x"},
                                                {"--checkpoint-interval", "1m"},
                                                {"--checkpoint-interval", "0"},
                                                {"--stuck-after", "soon"}}) {
    const auto result = run_program(summing_job, wrong, here());
    EXPECT_EQ(result.status, 2) << wrong.front();
    EXPECT_THAT(result.err, AllOf(StartsWith("job 'sums': "), HasSubstr("--help lists the options")));
  }
  const auto beyond = run_program(summing_job, {"--web", "0.0.0.0:0"}, here());
  EXPECT_EQ(beyond.status, 1);
  EXPECT_THAT(beyond.err, HasSubstr("only with a token"));
  EXPECT_THAT(run_program(summing_job, {"status", "--url", "ftp://x"}, here()).err,
              HasSubstr("write http://HOST:PORT"));
}

TEST_F(commands, are_refused_where_options_of_checkpoints_have_no_checkpoints) {
  for (const std::vector<std::string>& wrong : {std::vector<std::string>{"--checkpoint-interval", "1s"},
                                                {"--checkpoint-pause", "1s"},
                                                {"--checkpoint-timeout", "1min"},
                                                {"--checkpoints-retained", "3"}}) {
    const auto result = run_program("tests/web/unserved_job", wrong, here());
    EXPECT_EQ(result.status, 2) << wrong.front();
    EXPECT_THAT(result.err, StartsWith("job 'sums': " + wrong.front() +
                                       " is for checkpoints, and without a place to keep them none are taken; add "
                                       "--checkpoint-dir DIRECTORY; "));
  }
}

TEST_F(commands, need_the_web_server_in_the_program) {
  for (const std::vector<std::string>& words : {std::vector<std::string>{"--web", "0"}, {"savepoint", "--to", "sp"}}) {
    const auto result = run_program("tests/web/unserved_job", words, here());
    EXPECT_EQ(result.status, 1);
    EXPECT_THAT(result.err, HasSubstr("this program was built without the web server; add \"//web\" to the deps"));
    EXPECT_THAT(result.out, IsEmpty());
  }
}

}  // namespace
