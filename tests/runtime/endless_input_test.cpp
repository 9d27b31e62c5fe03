// Jobs whose input has no end, and what they may not be asked for.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <string>
#include <thread>

#include "weir/connectors/lines.hpp"
#include "weir/core/error.hpp"
#include "weir/weir.hpp"

namespace weir {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;

auto numbers() {
  return from<"numbers">(generate([](std::uint64_t i) { return static_cast<std::int64_t>(i); }).rate(100'000));
}

class endless_input : public ::testing::Test {
 protected:
  endless_input() { std::filesystem::remove_all(folder_); }
  ~endless_input() override { std::filesystem::remove_all(folder_); }

  std::string path(const char* name) const { return (folder_ / name).string(); }
  run_options with_checkpoints() const {
    run_options options{.slots = 1};
    options.checkpoints.directory = path("checkpoints");
    options.checkpoints.interval = 5ms;
    return options;
  }
  static run_options at_least_once() {
    run_options options{.slots = 1};
    options.checkpoints.guarantee = delivery_guarantee::at_least_once;
    return options;
  }
  /// Starts and stops the job, and says what it says when it fails.
  static std::string failure_of(const job& of, const run_options& with) {
    try {
      job_handle running = of.start(with);
      std::this_thread::sleep_for(20ms);
      running.stop();
      running.wait();
    } catch (const error& cause) {
      return cause.what();
    }
    return "no failure";
  }
  std::size_t rows_in(const char* name) const {
    std::size_t rows = 0;
    for (const auto& each : std::filesystem::directory_iterator(folder_ / name)) {
      if (!each.path().filename().string().starts_with("part-")) continue;
      std::ifstream file(each.path());
      for (std::string line; std::getline(file, line);) ++rows;
    }
    return rows;
  }

  const std::filesystem::path folder_ = std::filesystem::path(::testing::TempDir()) / "endless_input";
};

TEST_F(endless_input, is_shown_in_a_directory_with_checkpoints) {
  const job endless("endless", numbers() | to<"out">(lines(directory(path("out")))));
  EXPECT_EQ(failure_of(endless, with_checkpoints()), "no failure");
  EXPECT_GT(rows_in("out"), 0u);
}

TEST_F(endless_input, cannot_be_shown_exactly_once_without_checkpoints) {
  const job endless("endless", numbers() | rebalance() | to<"out">(lines(directory(path("out")))));
  EXPECT_THAT(failure_of(endless, {.slots = 1}),
              HasSubstr("shows each record exactly once, with a checkpoint, and source 'numbers' (endless generator) has no end; "
                        "add --checkpoint-dir DIRECTORY"));
  EXPECT_EQ(failure_of(endless, at_least_once()), "no failure");
  EXPECT_GT(rows_in("out"), 0u) << "a stop shows what there is";
}

TEST_F(endless_input, cannot_wait_for_the_end_of_a_file) {
  std::filesystem::create_directories(folder_);
  const job endless("endless", numbers() | branch(to<"out">(lines(path("out.txt"))), to<"nothing">(discard())));
  for (const run_options& options : {with_checkpoints(), run_options{.slots = 1}}) {
    EXPECT_THAT(failure_of(endless, options), HasSubstr("shows its result when all input is read, and source 'numbers' (endless "
                                                        "generator) has no end; write to a directory"));
  }
  EXPECT_EQ(failure_of(endless, at_least_once()), "no failure");
  EXPECT_TRUE(std::filesystem::exists(path("out.txt.incomplete")));
}

TEST_F(endless_input, of_another_pipeline_is_no_matter) {
  std::filesystem::create_directories(folder_);
  const job both("both", numbers() | to<"nothing">(discard()), from({1, 2}) | to<"out">(lines(path("out.txt"))));
  EXPECT_EQ(failure_of(both, {.slots = 1}), "no failure");
}

}  // namespace
}  // namespace weir
