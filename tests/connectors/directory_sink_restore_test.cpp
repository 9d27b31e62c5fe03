// Sinks of files over stops, restores and other numbers of slots, with threads and a disk.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <string>
#include <thread>
#include <vector>

#include "weir/connectors/csv.hpp"
#include "weir/core/error.hpp"
#include "weir/dsl/from.hpp"
#include "weir/dsl/job.hpp"
#include "weir/dsl/map.hpp"
#include "weir/dsl/partitioning.hpp"
#include "weir/dsl/to.hpp"
#include "weir/runtime/posix_storage.hpp"
#include "weir/state/snapshot_store.hpp"

namespace weir {
namespace {

using namespace std::chrono_literals;
using ::testing::AllOf;
using ::testing::HasSubstr;

struct number_row {
  BOOST_HANA_DEFINE_STRUCT(number_row, (std::int64_t, number));
};

class restored_files : public ::testing::Test {
 protected:
  static constexpr std::int64_t rows = 20'000;

  restored_files() {
    std::filesystem::remove_all(folder_);
    std::filesystem::create_directories(folder_);
    std::ofstream input(path("numbers.csv"));
    input << "number\n";
    for (std::int64_t i = 0; i < rows; ++i) input << i << '\n';
  }
  ~restored_files() override { std::filesystem::remove_all(folder_); }

  std::string path(const std::string& name) const { return (folder_ / name).string(); }

  /// Slow as long as `slow_` is, so that it can be stopped on its way.
  template <class Sink>
  job numbers_to(const Sink& sink) const {
    return job("numbers", from<"numbers">(csv<number_row>(path("numbers.csv")).single_split()) |
                              map([slow = &slow_](const number_row& each) {
                                if (*slow && each.number % 10 == 0) std::this_thread::sleep_for(1ms);
                                return each;
                              }) |
                              rebalance() | to<"out">(sink));
  }
  run_options options(std::size_t slots, const std::string& restore = "") const {
    run_options made{.slots = slots, .batch_records = 16, .restore = restore};
    made.checkpoints.directory = path("kept");
    made.checkpoints.interval = 5ms;
    made.checkpoints.retained = 1000;
    return made;
  }
  /// In a checkpoint directory of its own.
  run_options elsewhere(const std::string& restore) const {
    run_options made = options(1, restore);
    made.checkpoints.directory = path("kept elsewhere");
    return made;
  }
  std::vector<std::uint64_t> checkpoints() const {
    posix_storage disk;
    return complete_snapshots(disk, path("kept"));
  }
  std::string newest_checkpoint() const { return snapshot_directory(path("kept"), checkpoints().front()); }

  void run_and_stop(const job& of, const run_options& with) {
    const std::size_t before = checkpoints().size();
    slow_ = true;
    job_handle running = of.start(with);
    while (running.running() && checkpoints().size() < before + 2) std::this_thread::sleep_for(1ms);
    running.stop();
    EXPECT_TRUE(running.wait().stopped) << "it was too fast for this test";
    slow_ = false;
  }
  static std::string failure_of(const job& of, const run_options& with) {
    try {
      of.run(with);
    } catch (const error& cause) {
      return cause.what();
    }
    return "no failure";
  }

  /// What a glob over the parts reads, sorted.
  std::vector<std::int64_t> visible() const {
    std::vector<std::int64_t> numbers;
    for (const auto& each : std::filesystem::directory_iterator(path("out"))) {
      if (!each.path().filename().string().starts_with("part-")) continue;
      std::ifstream file(each.path());
      std::string line;
      std::getline(file, line);
      EXPECT_EQ(line, "number") << each.path();
      while (std::getline(file, line)) numbers.push_back(std::stoll(line));
    }
    std::sort(numbers.begin(), numbers.end());
    return numbers;
  }
  std::vector<std::string> hidden_parts() const {
    std::vector<std::string> found;
    for (const auto& each : std::filesystem::directory_iterator(path("out"))) {
      const std::string name = each.path().filename().string();
      if (name.starts_with(".numbers.out.")) found.push_back(name);
    }
    return found;
  }
  static std::vector<std::int64_t> all() {
    std::vector<std::int64_t> numbers;
    for (std::int64_t i = 0; i < rows; ++i) numbers.push_back(i);
    return numbers;
  }

  const std::filesystem::path folder_ = std::filesystem::path(::testing::TempDir()) / "restored_files";
  std::atomic<bool> slow_{false};
};

TEST_F(restored_files, of_a_directory_go_on_in_other_slots) {
  const job numbers = numbers_to(csv(directory(path("out")).roll_bytes(500)));
  run_and_stop(numbers, options(8));
  const std::vector<std::int64_t> first = visible();
  EXPECT_GT(first.size(), 0u);
  EXPECT_EQ(std::adjacent_find(first.begin(), first.end()), first.end());
  EXPECT_TRUE(hidden_parts().empty());
  run_and_stop(numbers, options(1, "latest"));
  EXPECT_GT(visible().size(), first.size());
  EXPECT_EQ(failure_of(numbers, options(8, "latest")), "no failure");
  EXPECT_EQ(visible(), all());
  EXPECT_TRUE(hidden_parts().empty());
  EXPECT_EQ(failure_of(numbers, options(2, "latest")), "no failure") << "nothing is left to do";
  EXPECT_EQ(visible(), all());
}

TEST_F(restored_files, of_a_directory_do_not_come_again_unless_that_is_allowed) {
  const job numbers = numbers_to(csv(directory(path("out"))));
  run_and_stop(numbers, options(2));
  const std::string older = newest_checkpoint();
  ASSERT_EQ(failure_of(numbers, options(2, "latest")), "no failure");
  EXPECT_THAT(failure_of(numbers, elsewhere(older)),
              AllOf(HasSubstr("job 'numbers'"), HasSubstr("sink 'out' cannot write to " + path("out")),
                    HasSubstr("it holds newer results than the snapshot"), HasSubstr("--allow-duplicates")));
  EXPECT_EQ(visible(), all());
  run_options allowed = elsewhere(older);
  allowed.checkpoints.directory = path("kept for once");
  allowed.allow_duplicates = true;
  EXPECT_EQ(failure_of(numbers, allowed), "no failure");
  EXPECT_GT(visible().size(), all().size());
  EXPECT_THAT(failure_of(numbers, options(1, "latest")), HasSubstr("it holds newer results than the snapshot"))
      << "another branch of the job has written since";
}

TEST_F(restored_files, of_a_directory_do_not_begin_anew_over_old_ones) {
  const job numbers = numbers_to(csv(directory(path("out"))));
  ASSERT_EQ(failure_of(numbers, {.slots = 2}), "no failure");
  EXPECT_EQ(visible(), all());
  EXPECT_THAT(failure_of(numbers, {.slots = 2}), AllOf(HasSubstr("job 'numbers'"), HasSubstr("parts of an earlier run")));
  EXPECT_EQ(failure_of(numbers, {.slots = 2, .allow_duplicates = true}), "no failure");
  EXPECT_EQ(visible().size(), 2 * all().size());
}

TEST_F(restored_files, of_a_completed_result_cannot_be_gone_back_to) {
  const job numbers = numbers_to(csv(path("out.csv")));
  run_and_stop(numbers, options(2));
  const std::string older = newest_checkpoint();
  ASSERT_EQ(failure_of(numbers, options(2, "latest")), "no failure");
  EXPECT_THAT(failure_of(numbers, elsewhere(older)), HasSubstr("since the snapshot was taken the result was completed"));
}

TEST_F(restored_files, keep_their_kind) {
  const job to_file = numbers_to(csv(path("out.csv")));
  const job to_directory = numbers_to(csv(directory(path("out"))));
  run_and_stop(to_file, options(2));
  EXPECT_THAT(failure_of(to_directory, options(2, "latest")), HasSubstr("wrote no directory of parts"));
  std::filesystem::remove_all(path("kept"));
  run_and_stop(to_directory, options(2));
  EXPECT_THAT(failure_of(to_file, options(2, "latest")), HasSubstr("did not write one file"));
}

}  // namespace
}  // namespace weir
