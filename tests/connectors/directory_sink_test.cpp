// Directories of parts in whole jobs: what they look like, when they appear, and that they can be read again.
#include "weir/connectors/directory_sink.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <stdexcept>
#include <string>
#include <vector>

#include "weir/connectors/csv.hpp"
#include "weir/connectors/json_lines.hpp"
#include "weir/connectors/lines.hpp"
#include "weir/core/error.hpp"
#include "weir/dsl/branch.hpp"
#include "weir/dsl/filter.hpp"
#include "weir/dsl/from.hpp"
#include "weir/dsl/job.hpp"
#include "weir/dsl/map.hpp"
#include "weir/dsl/partitioning.hpp"
#include "weir/dsl/sinks.hpp"
#include "weir/dsl/to.hpp"
#include "weir/testkit/dataflow_driver.hpp"
#include "weir/testkit/hand_fed_source.hpp"
#include "weir/testkit/manual_clock.hpp"
#include "weir/testkit/memory_storage.hpp"

namespace weir::testing {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

struct reading {
  BOOST_HANA_DEFINE_STRUCT(reading, (std::int64_t, number), (std::string, text));
};

std::vector<reading> readings(std::int64_t count) {
  std::vector<reading> made;
  for (std::int64_t i = 0; i < count; ++i) made.push_back({i, "text, \"quoted\" " + std::to_string(i)});
  return made;
}

std::vector<std::string> visible_parts(const memory_storage& disk, const std::string& path = "out") {
  std::vector<std::string> found;
  for (const std::string& each : disk.paths()) {
    if (each.starts_with(path + "/part-")) found.push_back(each);
  }
  return found;
}

bool has_hidden_parts(const memory_storage& disk) {
  const auto paths = disk.paths();
  return std::any_of(paths.begin(), paths.end(),
                     [](const std::string& path) { return path.starts_with("out/.test.out.part-"); });
}

std::string failure_of(const auto& run) {
  try {
    run();
  } catch (const error& failure) {
    return failure.what();
  }
  return "no failure";
}

void run_on(memory_storage& disk, const job& of, std::size_t slots = 1) {
  dataflow_driver(of, {.slots = slots, .storage = &disk}).run();
}

TEST(directory_sink, writes_a_header_into_every_csv_part) {
  memory_storage disk;
  run_on(disk, job("test", from(std::vector<reading>{{1, "a"}, {2, "b"}, {3, "c"}}) |
                               to<"out">(csv(directory("out").roll_bytes(1)))));
  EXPECT_THAT(visible_parts(disk), ElementsAre("out/part-1-0-0.csv", "out/part-1-0-1.csv", "out/part-1-0-2.csv"));
  EXPECT_EQ(disk.read("out/part-1-0-1.csv"), "number,text\n2,b\n");
  EXPECT_FALSE(has_hidden_parts(disk));
}

TEST(directory_sink, writes_lines_and_json) {
  memory_storage disk;
  run_on(disk, job("test", from({std::string("a"), std::string("b")}) |
                               branch(to<"lines">(lines(directory("texts"))),
                                      map([](const std::string& text) { return reading{7, text}; }) |
                                          to<"json">(json_lines(directory("objects/"))))));
  EXPECT_EQ(disk.read("texts/part-1-0-0.txt"), "a\nb\n");
  EXPECT_EQ(disk.read("objects/part-1-0-0.jsonl"), "{\"number\":7,\"text\":\"a\"}\n{\"number\":7,\"text\":\"b\"}\n");
}

TEST(directory_sink, is_read_again_by_a_glob_without_what_is_hidden) {
  memory_storage disk;
  disk.write("out/.test.other.part-9-9-9.csv", "number,text\n99,hidden\n");
  disk.write("out/.weir-in-progress.csv", "number,text\n99,hidden\n");
  run_on(disk, job("test", from(readings(1000)) | rebalance() | to<"out">(csv(directory("out").roll_bytes(1000)))), 3);
  EXPECT_GT(visible_parts(disk).size(), 20u);
  std::vector<std::int64_t> numbers;
  run_on(disk, job("read", from<"in">(csv<reading>("out/*.csv")) | map(&reading::number) | to<"all">(into(numbers))));
  std::sort(numbers.begin(), numbers.end());
  ASSERT_EQ(numbers.size(), 1000u);
  for (std::size_t i = 0; i < numbers.size(); ++i) ASSERT_EQ(numbers[i], static_cast<std::int64_t>(i));
}

TEST(directory_sink, makes_no_part_without_rows) {
  memory_storage disk;
  run_on(disk, job("test", from(std::vector<reading>{}) | to<"out">(csv(directory("out")))), 2);
  EXPECT_THAT(visible_parts(disk), IsEmpty());
}

TEST(directory_sink, stands_in_the_plan) {
  EXPECT_THAT(job("test", from({1}) | to<"out">(lines(directory("out/")))).plan(), HasSubstr("lines(out/)"));
}

// ---- time -----------------------------------------------------------------------------------------------------------------

class fed_directory : public ::testing::Test {
 protected:
  dataflow_driver driver_of(const job& of, bool snapshots = false) {
    return dataflow_driver(of, {.slots = 1, .storage = &disk_, .snapshots = snapshots});
  }
  auto source() const { return from<"in">(detail::hand_fed_source<int, false>(feed_)); }
  void feed(dataflow_driver& driver, int number) {
    feed_->items.push_back({number, min_timestamp});
    driver.run_until_idle();
  }
  void wait(dataflow_driver& driver, std::chrono::seconds time) {
    driver.clock().advance(time);
    driver.run_until_idle();
  }

  memory_storage disk_;
  std::shared_ptr<detail::hand_feed<int>> feed_ = std::make_shared<detail::hand_feed<int>>();
};

TEST_F(fed_directory, shows_a_part_when_its_time_is_over) {
  auto driver = driver_of(job("test", source() | to<"out">(lines(directory("out").roll_after(30s)))));
  feed(driver, 1);
  wait(driver, 29s);
  feed(driver, 2);
  EXPECT_THAT(visible_parts(disk_), IsEmpty());
  wait(driver, 1s);
  EXPECT_EQ(disk_.read("out/part-1-0-0.txt"), "1\n2\n");
  wait(driver, 100s);
  feed(driver, 3);
  wait(driver, 29s);
  EXPECT_EQ(visible_parts(disk_).size(), 1u) << "the time of a part begins with its first row";
  wait(driver, 1s);
  EXPECT_EQ(disk_.read("out/part-1-0-1.txt"), "3\n");
}

TEST_F(fed_directory, shows_a_part_in_a_branch_when_its_time_is_over) {
  auto driver = driver_of(
      job("test", source() | branch(to<"nothing">(discard()), to<"out">(lines(directory("out").roll_after(30s))))));
  feed(driver, 1);
  wait(driver, 30s);
  EXPECT_EQ(visible_parts(disk_).size(), 1u);
}

TEST_F(fed_directory, shows_what_it_has_when_the_job_is_stopped) {
  auto driver = driver_of(job("test", source() | to<"out">(lines(directory("out")))));
  feed(driver, 1);
  driver.stop();
  driver.run_until_idle();
  EXPECT_TRUE(driver.done());
  EXPECT_EQ(disk_.read("out/part-1-0-0.txt"), "1\n");
}

TEST_F(fed_directory, shows_with_a_checkpoint_what_was_written_before_it) {
  auto driver = driver_of(job("test", source() | to<"out">(lines(directory("out").roll_after(1s)))), true);
  feed(driver, 1);
  wait(driver, 100s);
  EXPECT_THAT(visible_parts(disk_), IsEmpty()) << "rolled, but in no checkpoint";
  feed(driver, 2);
  driver.snapshot_restore();
  EXPECT_EQ(disk_.read("out/part-1-0-0.txt"), "1\n");
  EXPECT_EQ(disk_.read("out/part-1-0-1.txt"), "2\n");
  feed(driver, 3);
  EXPECT_EQ(visible_parts(disk_).size(), 2u);
  feed_->ended = true;
  driver.run();
  EXPECT_EQ(disk_.read("out/part-2-0-0.txt"), "3\n");
  EXPECT_FALSE(has_hidden_parts(disk_));
}

TEST_F(fed_directory, goes_on_in_other_slots) {
  auto driver = driver_of(job("test", source() | rebalance() | to<"out">(lines(directory("out").roll_bytes(8)))), true);
  int next = 100;
  for (const std::size_t slots : {8, 1, 8, 3}) {
    for (int i = 0; i < 50; ++i) feed(driver, next++);
    driver.snapshot_restore(slots);
    EXPECT_FALSE(has_hidden_parts(disk_));
  }
  for (int i = 0; i < 50; ++i) feed(driver, next++);
  feed_->ended = true;
  driver.run();
  std::vector<int> numbers;
  for (const std::string& path : visible_parts(disk_)) {
    const std::string text = disk_.read(path);
    for (std::size_t at = 0; at < text.size(); at += 4) numbers.push_back(std::stoi(text.substr(at, 3)));
  }
  std::sort(numbers.begin(), numbers.end());
  ASSERT_EQ(numbers.size(), 250u);
  for (std::size_t i = 0; i < numbers.size(); ++i) ASSERT_EQ(numbers[i], static_cast<int>(100 + i));
}

TEST(directory, takes_no_nonsense) {
  EXPECT_THAT(failure_of([] { directory(""); }), HasSubstr("the path is empty"));
  EXPECT_THAT(failure_of([] { directory("d").roll_bytes(0); }), HasSubstr("a part holds at least a row"));
  EXPECT_THAT(failure_of([] { directory("d").roll_after(0ms); }), HasSubstr("a part takes at least a millisecond"));
  EXPECT_EQ(directory("a/b//").path(), "a/b");
  EXPECT_EQ(directory("/").path(), "/");
}

// ---- failures and stops without checkpoints --------------------------------------------------------------------------------

TEST(directory_sink, of_a_failed_job_keeps_only_what_was_rolled) {
  memory_storage disk;
  const job failing("test", from({1, 2, 3, 4}) | map([](int number) {
                              if (number == 4) throw std::runtime_error("out of luck");
                              return number;
                            }) | to<"out">(lines(directory("out").roll_bytes(4))));
  EXPECT_THAT(failure_of([&] { run_on(disk, failing); }), HasSubstr("out of luck"));
  EXPECT_FALSE(has_hidden_parts(disk));
  EXPECT_THAT(visible_parts(disk), ElementsAre("out/part-1-0-0.txt"));
  EXPECT_EQ(disk.read("out/part-1-0-0.txt"), "1\n2\n");
}

TEST(directory_sink, adds_to_the_parts_of_an_earlier_run_only_if_that_is_allowed) {
  memory_storage disk;
  const job numbers("test", from({1, 2}) | to<"out">(lines(directory("out"))));
  run_on(disk, numbers);
  EXPECT_THAT(failure_of([&] { run_on(disk, numbers); }),
              HasSubstr("sink 'out' cannot write to out: it holds parts of an earlier run; remove them, name another directory, "
                        "or add to them with --allow-duplicates"));
}

TEST(directory_sink, fails_the_job_when_the_disk_is_full) {
  memory_storage disk;
  disk.limit_capacity(300);
  const std::string failure =
      failure_of([&] { run_on(disk, job("test", from(readings(1000)) | to<"out">(csv(directory("out"))))); });
  EXPECT_THAT(failure, HasSubstr("job 'test'"));
  EXPECT_THAT(failure, HasSubstr("sink 'out' cannot write to out"));
  EXPECT_THAT(failure, HasSubstr("No space left on device"));
  EXPECT_THAT(visible_parts(disk), IsEmpty());
  EXPECT_FALSE(has_hidden_parts(disk));
}

TEST(directory_sink, of_two_sinks_needs_two_directories) {
  memory_storage disk;
  EXPECT_THAT(failure_of([&] {
                run_on(disk, job("test", from({1}) | branch(to<"one">(lines(directory("out"))),
                                                             to<"two">(lines(directory("./out/"))))));
              }),
              HasSubstr("sink 'one' of the same job writes this directory"));
}

}  // namespace
}  // namespace weir::testing
