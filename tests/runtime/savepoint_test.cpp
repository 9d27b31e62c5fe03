// Savepoints and stops of real runs, with threads: restored in other numbers of slots, several at once, into
// directories that cannot be used, on disks that fail; a stop with a savepoint, and a stop that drains.
#include "weir/runtime/savepoint.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <filesystem>
#include <fstream>
#include <functional>
#include <future>
#include <map>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "weir/connectors/csv.hpp"
#include "weir/dsl/job_run.hpp"
#include "weir/runtime/posix_storage.hpp"
#include "weir/runtime/system_clock.hpp"
#include "weir/state/snapshot_reader.hpp"
#include "weir/state/snapshot_store.hpp"
#include "weir/testkit/memory_storage.hpp"
#include "weir/weir.hpp"

namespace weir {
namespace {

using namespace std::chrono_literals;
using ::testing::AllOf;
using ::testing::HasSubstr;
using weir::testing::memory_storage;
using weir::testing::storage_operation;
namespace files = std::filesystem;

struct sale {
  BOOST_HANA_DEFINE_STRUCT(sale, (std::int32_t, shop), (std::int64_t, amount), (timestamp, at));
};
struct shop_sum {
  BOOST_HANA_DEFINE_STRUCT(shop_sum, (std::int32_t, shop), (std::int64_t, sum));
};

/// Adds up all sales of a shop and emits the sum with each.
struct summing {
  BOOST_HANA_DEFINE_STRUCT(summing, (value_state<std::int64_t>, sum));
  using output_type = shop_sum;
  void process(const sale& each, process_context<std::int32_t>& context, collector<shop_sum>& out) {
    sum = sum.value_or(0) + each.amount;
    out(shop_sum{context.key(), *sum});
  }
};

constexpr std::uint64_t sales = 60'000;
constexpr std::int32_t shops = 50;

sale sale_at(std::uint64_t i) {
  return {static_cast<std::int32_t>(i * 7 % shops), static_cast<std::int64_t>(i % 100),
          from_epoch_ms(static_cast<std::int64_t>(i))};
}

std::string row(std::int64_t shop, std::int64_t sum) { return std::to_string(shop) + "," + std::to_string(sum); }

/// The rows of the job below, counted by a plain loop.
std::vector<std::string> expected_sums() {
  std::vector<std::string> rows;
  std::map<std::int32_t, std::int64_t> sums;
  for (std::uint64_t i = 0; i < sales; ++i) {
    const sale each = sale_at(i);
    rows.push_back(row(each.shop, sums[each.shop] += each.amount));
  }
  std::sort(rows.begin(), rows.end());
  return rows;
}

/// While it is set, sources go slowly.
std::atomic<bool> slow{false};
/// How many more sales may pass before a function throws.
std::atomic<std::int64_t> until_failure{-1};

class savepoints : public ::testing::Test {
 protected:
  savepoints() {
    folder_ = files::path(::testing::TempDir()) /
              ("savepoints_" + std::string(::testing::UnitTest::GetInstance()->current_test_info()->name()));
    files::remove_all(folder_);
    files::create_directories(folder_ / "out");
    slow = true;
    until_failure = -1;
  }
  ~savepoints() override {
    slow = false;
    files::remove_all(folder_);
  }

  std::string path(const std::string& name) const { return (folder_ / name).string(); }

  job summing_job() const {
    return job("sums", from<"sales">(generate(sale_at, bounded{sales})) | map([](const sale& each) {
                         if (slow && each.amount % 10 == 0) std::this_thread::sleep_for(200us);
                         if (until_failure.load() >= 0 && until_failure-- == 0) throw std::runtime_error("out of luck");
                         return each;
                       }) | key_by(&sale::shop) |
                           process<"sums">(summing{}) | to<"out">(csv(path("out/sums.csv"))));
  }

  run_options options(std::size_t slots, const std::string& directory = "kept") const {
    run_options made{.slots = slots};
    made.checkpoints.directory = path(directory);
    made.checkpoints.interval = 5ms;
    return made;
  }

  std::vector<std::string> results() const {
    std::ifstream file(path("out/sums.csv"));
    std::vector<std::string> lines;
    std::string line;
    std::getline(file, line);
    EXPECT_EQ(line, "shop,sum");
    while (std::getline(file, line)) lines.push_back(line);
    std::sort(lines.begin(), lines.end());
    return lines;
  }

  files::path folder_;
};

std::string failure_of(const std::function<void()>& action) {
  try {
    action();
  } catch (const error& cause) {
    return cause.what();
  }
  return "no failure";
}

/// Waits until the job has completed `count` checkpoints.
void await_checkpoints(const job_handle& running, std::uint64_t count) {
  while (running.running() && running.metrics().checkpoints_completed < count) std::this_thread::sleep_for(1ms);
}

TEST_F(savepoints, taken_in_two_slots_are_restored_in_one_three_and_eight) {
  const job under_test = summing_job();
  job_handle running = under_test.start(options(2));
  await_checkpoints(running, 2);
  const savepoint_report taken = running.stop_with_savepoint(path("sp"));
  EXPECT_TRUE(running.wait().stopped);
  EXPECT_EQ(taken.directory, path("sp"));
  EXPECT_GT(taken.bytes, 0u);
  files::copy(path("out"), path("out.then"), files::copy_options::recursive);
  slow = false;
  for (const std::size_t slots : {1, 3, 8}) {
    files::remove_all(path("out"));
    files::copy(path("out.then"), path("out"), files::copy_options::recursive);
    run_options with = options(slots, "kept_by_" + std::to_string(slots));
    with.restore = path("sp");
    const job_report report = under_test.run(with);
    EXPECT_EQ(results(), expected_sums()) << slots << " slots";
    EXPECT_LT(report.find("sales")->records_out, sales) << "nothing was restored";
    EXPECT_GT(report.last_checkpoint, taken.id);
  }
}

TEST_F(savepoints, are_copies_of_a_checkpoint_that_retention_leaves_alone) {
  const job under_test = summing_job();
  job_handle running = under_test.start(options(2));
  const savepoint_report taken = running.savepoint(path("deep/down/sp"));
  await_checkpoints(running, taken.id + 4);
  slow = false;
  const job_report report = running.wait();
  EXPECT_EQ(results(), expected_sums());
  EXPECT_EQ(report.checkpoints_failed, 0u);
  EXPECT_GT(report.last_checkpoint, taken.id + 2);
  posix_storage disk;
  const snapshot_reader reader(disk, path("deep/down/sp"));
  EXPECT_EQ(reader.manifest().id, taken.id);
  EXPECT_EQ(reader.manifest().job, "sums");
  EXPECT_FALSE(files::exists(snapshot_directory(path("kept"), taken.id)));
}

TEST_F(savepoints, asked_for_at_once_are_all_taken) {
  const job under_test = summing_job();
  job_handle running = under_test.start(options(2));
  std::vector<std::future<savepoint_report>> taken;
  for (int i = 0; i < 4; ++i) {
    taken.push_back(
        std::async(std::launch::async, [&, i] { return running.savepoint(path("sp" + std::to_string(i))); }));
  }
  posix_storage disk;
  for (int i = 0; i < 4; ++i) {
    const std::uint64_t id = taken[i].get().id;
    EXPECT_EQ(snapshot_reader(disk, path("sp" + std::to_string(i))).manifest().id, id);
  }
  slow = false;
  running.wait();
  EXPECT_EQ(results(), expected_sums());
}

TEST_F(savepoints, are_refused_where_something_is_already_and_the_job_goes_on) {
  files::create_directories(path("full"));
  std::ofstream(path("full/letter.txt")) << "dear reader";
  std::ofstream(path("file")) << "a file";
  const job under_test = summing_job();
  job_handle running = under_test.start(options(2));
  EXPECT_THAT(failure_of([&] { running.savepoint(path("full")); }),
              AllOf(HasSubstr("job 'sums': no savepoint was written to " + path("full")),
                    HasSubstr("'letter.txt' is in it already")));
  EXPECT_THAT(failure_of([&] { running.savepoint(path("file")); }), HasSubstr(path("file")));
  EXPECT_THAT(failure_of([&] { running.savepoint(path("kept")); }), HasSubstr("is in it already"));
  EXPECT_THAT(failure_of([&] { running.savepoint(""); }), HasSubstr("name a new or an empty one"));
  EXPECT_THAT(failure_of([&] { running.stop_with_savepoint(path("full")); }), HasSubstr("is in it already"));
  EXPECT_THAT(failure_of([&] { running.stop_with_savepoint(path("full"), stop_mode::drain); }),
              HasSubstr("is in it already"));
  EXPECT_EQ(running.savepoint(path("sp")).directory, path("sp"));
  slow = false;
  EXPECT_FALSE(running.wait().stopped);
  EXPECT_EQ(results(), expected_sums());
  EXPECT_EQ(files::file_size(path("full/letter.txt")), 11u);
}

TEST_F(savepoints, need_a_job_that_takes_checkpoints_and_still_runs) {
  const job under_test = summing_job();
  {
    job_handle running = under_test.start({.slots = 1});
    EXPECT_THAT(failure_of([&] { running.savepoint(path("sp")); }),
                HasSubstr("the job takes no checkpoints; start it with --checkpoint-dir DIRECTORY"));
    running.cancel();
    EXPECT_THAT(failure_of([&] { running.wait(); }), HasSubstr("cancelled"));
  }
  slow = false;
  job_handle running = under_test.start(options(1));
  running.wait();
  EXPECT_THAT(failure_of([&] { running.savepoint(path("sp")); }), HasSubstr("the job has ended"));
  EXPECT_FALSE(files::exists(path("sp")));
}

TEST_F(savepoints, are_answered_when_the_job_fails_meanwhile) {
  const job under_test = summing_job();
  job_handle running = under_test.start(options(2));
  running.cancel();
  EXPECT_THAT(failure_of([&] { running.savepoint(path("sp")); }), HasSubstr("no savepoint was written"));
  EXPECT_THAT(failure_of([&] { running.wait(); }), HasSubstr("cancelled"));
}

// What came after the savepoint belongs to a course of events that the restore has left.
TEST_F(savepoints, hide_the_newer_checkpoints_of_the_course_that_a_restore_leaves) {
  const job under_test = summing_job();
  job_handle running = under_test.start(options(2));
  await_checkpoints(running, 1);
  const savepoint_report taken = running.savepoint(path("sp"));
  files::copy(path("out"), path("out.then"), files::copy_options::recursive);
  await_checkpoints(running, taken.id + 3);
  running.cancel();
  EXPECT_THAT(failure_of([&] { running.wait(); }), HasSubstr("cancelled"));
  files::remove_all(path("out"));
  files::copy(path("out.then"), path("out"), files::copy_options::recursive);
  slow = false;
  until_failure = 1000;
  run_options with = options(2);
  with.restore = path("sp");
  with.checkpoints.interval = 1h;
  with.restart = {.strategy = restart_kind::fixed_delay, .attempts = 1, .delay = 1ms};
  const job_report report = under_test.run(with);
  EXPECT_THAT(report.notes, ::testing::Contains(HasSubstr("out of luck")));
  EXPECT_EQ(results(), expected_sums());
}

// ---- stopping -------------------------------------------------------------------------------------------------------

/// Counts per window, from a source that outlives the test; rows become visible when the job has ended.
class draining : public savepoints {
 protected:
  static constexpr std::int64_t window_ms = 1000;
  job windowed_job() const {
    return job("windows", from<"sales">(generate(sale_at, bounded{1'000'000'000}).rate(20'000),
                                        event_time(&sale::at, ascending())) |
                              key_by(&sale::shop) | window(tumbling(1s)) | aggregate<"counts">(count()) |
                              to<"out">(csv(path("out/counts.csv"))));
  }
  /// The rows cover each sale up to some one exactly once, those of the last, unfinished window, too.
  void check_rows() const {
    std::ifstream file(path("out/counts.csv"));
    ASSERT_TRUE(file.is_open()) << "nothing was published";
    std::string line;
    std::getline(file, line);
    std::map<std::pair<int, long long>, long long> found;
    long long total = 0;
    while (std::getline(file, line)) {
      int shop = 0;
      long long start = 0;
      long long end = 0;
      long long count = 0;
      ASSERT_EQ(std::sscanf(line.c_str(), "%d,%lld,%lld,%lld", &shop, &start, &end, &count), 4) << line;
      EXPECT_TRUE(found.emplace(std::pair(shop, start), count).second) << "twice: " << line;
      total += count;
    }
    std::map<std::pair<int, long long>, long long> expected;
    for (std::uint64_t i = 0; i < static_cast<std::uint64_t>(total); ++i) {
      ++expected[{sale_at(i).shop, static_cast<long long>(i) / window_ms * window_ms}];
    }
    EXPECT_EQ(found, expected);
    EXPECT_GT(total, 0);
  }
  static void await_records(const job_handle& running) {
    while (running.metrics().find("counts")->records_in < 1000) std::this_thread::sleep_for(1ms);
  }
};

TEST_F(draining, fires_what_is_open_and_publishes_it) {
  const job under_test = windowed_job();
  job_handle running = under_test.start({.slots = 2});
  await_records(running);
  running.stop(stop_mode::drain);
  EXPECT_TRUE(running.wait().stopped);
  check_rows();
}

TEST_F(draining, leaves_a_checkpoint_with_nothing_to_do) {
  const job under_test = windowed_job();
  job_handle running = under_test.start(options(2));
  await_records(running);
  running.stop(stop_mode::drain);
  EXPECT_TRUE(running.wait().stopped);
  check_rows();
  run_options again = options(3);
  again.restore = "latest";
  const job_report report = under_test.run(again);
  EXPECT_EQ(report.find("sales")->records_out, 0u);
  check_rows();
}

TEST_F(draining, may_end_with_a_savepoint) {
  const job under_test = windowed_job();
  job_handle running = under_test.start(options(2));
  await_records(running);
  const savepoint_report taken = running.stop_with_savepoint(path("sp"), stop_mode::drain);
  const job_report report = running.wait();
  EXPECT_TRUE(report.stopped);
  EXPECT_EQ(report.last_checkpoint, taken.id);
  check_rows();
  run_options again = options(1, "others");
  again.restore = path("sp");
  EXPECT_EQ(under_test.run(again).find("sales")->records_out, 0u);
  check_rows();
}

TEST_F(draining, leaves_out_the_splits_that_nobody_has_begun) {
  {
    std::ofstream input(path("sales.csv"));
    input << "shop,sum\n";
    for (int i = 0; i < 20'000; ++i) input << i % shops << ',' << i << '\n';
  }
  const job under_test("splits",
                       from<"sales">(csv<shop_sum>(path("sales.csv")).split_bytes(1000)) | peek([](const shop_sum&) {
                         if (slow) std::this_thread::sleep_for(100us);
                       }) | to<"out">(csv(path("out/copy.csv"))));
  job_handle running = under_test.start(options(2));
  await_checkpoints(running, 1);
  running.stop(stop_mode::drain);
  const job_report report = running.wait();
  EXPECT_TRUE(report.stopped);
  EXPECT_LT(report.find("sales")->records_out, 20'000u);
  EXPECT_TRUE(files::exists(path("out/copy.csv")));
  run_options again = options(3);
  again.restore = "latest";
  EXPECT_EQ(under_test.run(again).find("sales")->records_out, 0u);
}

TEST_F(draining, is_not_what_a_plain_stop_does) {
  const job under_test = windowed_job();
  job_handle running = under_test.start(options(2));
  await_records(running);
  running.stop();
  EXPECT_TRUE(running.wait().stopped);
  EXPECT_FALSE(files::exists(path("out/counts.csv")));
}

TEST_F(savepoints, with_which_a_job_stops_are_its_last_checkpoint) {
  const job under_test = summing_job();
  job_handle running = under_test.start(options(3));
  await_checkpoints(running, 1);
  const savepoint_report taken = running.stop_with_savepoint(path("sp"));
  const job_report report = running.wait();
  EXPECT_TRUE(report.stopped);
  EXPECT_EQ(report.last_checkpoint, taken.id);
  slow = false;
  run_options with = options(1);
  with.restore = "latest";
  under_test.run(with);
  EXPECT_EQ(results(), expected_sums());
}

// ---- a disk that fails
// -----------------------------------------------------------------------------------------------

/// The summing job with a disk in memory.
class savepoints_on_a_bad_disk : public savepoints {
 protected:
  savepoints_on_a_bad_disk() : description_(summing_job()) {
    disk_.create_directories(path("out"));
    running_.emplace(description_.description(), options(2), clock_, disk_);
    thread_ = std::jthread([this] { running_->run({}); });
  }
  ~savepoints_on_a_bad_disk() override { slow = false; }

  /// Lets every call of `operation` on what lies in `directory` fail.
  void break_disk(storage_operation operation, const std::string& directory) {
    disk_.observe([=](storage_operation called, const std::string& file) {
      if (called == operation && file.starts_with(directory + "/")) throw error(file + ": no space left on device");
    });
  }
  std::string failure_of_savepoint(const std::string& directory, std::optional<stop_mode> stop = {}) {
    return failure_of([&] { detail::take_savepoint(*running_, directory, stop); });
  }
  void await_end() {
    slow = false;
    thread_.join();
  }

  job description_;
  memory_storage disk_;
  detail::system_clock clock_;
  std::optional<detail::threaded_run> running_;
  std::jthread thread_;
};

TEST_F(savepoints_on_a_bad_disk, fail_with_a_sentence_and_harm_nothing) {
  for (const storage_operation operation :
       {storage_operation::append, storage_operation::sync, storage_operation::rename, storage_operation::create}) {
    const std::string directory = path("sp-") + std::string(name_of(operation));
    break_disk(operation, directory);
    EXPECT_THAT(failure_of_savepoint(directory),
                AllOf(HasSubstr("job 'sums': no savepoint was written to " + directory), HasSubstr("no space left")));
    EXPECT_FALSE(disk_.exists(directory + "/MANIFEST"));
    disk_.observe({});
  }
  EXPECT_EQ(failure_of_savepoint(path("sp")), "no failure");
  await_end();
  EXPECT_FALSE(running_->failed()) << running_->failure();
  const job_report report = running_->report();
  EXPECT_EQ(report.checkpoints_failed, 0u);
  EXPECT_FALSE(report.stopped);
  EXPECT_TRUE(disk_.exists(path("out/sums.csv")));
}

TEST_F(savepoints_on_a_bad_disk, do_not_stop_a_job_whose_checkpoint_cannot_begin) {
  break_disk(storage_operation::create, path("kept"));
  EXPECT_THAT(failure_of_savepoint(path("sp"), stop_mode::keep_open), HasSubstr("no space left"));
  disk_.observe({});
  await_end();
  EXPECT_FALSE(running_->failed()) << running_->failure();
  EXPECT_FALSE(running_->report().stopped);
}

TEST_F(savepoints_on_a_bad_disk, leave_a_stopped_job_its_checkpoint) {
  break_disk(storage_operation::rename, path("sp"));
  EXPECT_THAT(failure_of_savepoint(path("sp"), stop_mode::keep_open), HasSubstr("no space left"));
  thread_.join();
  EXPECT_FALSE(running_->failed()) << running_->failure();
  const job_report report = running_->report();
  EXPECT_TRUE(report.stopped);
  EXPECT_EQ(complete_snapshots(disk_, path("kept")).front(), report.last_checkpoint);
}

// ---- step by step
// ------------------------------------------------------------------------------------------------------

/// The summing job on one thread, its subtasks and its coordinator stepped by hand.
class stepped_savepoints : public savepoints {
 protected:
  stepped_savepoints() : description_(summing_job()), options_(options(2)) {
    slow = false;
    options_.checkpoints.interval = 0ms;
    disk_.create_directories(path("out"));
    recovery_.emplace(description_.description(), options_, clock_, disk_);
    attempt_ = recovery_->next_attempt(detail::options_of(options_));
  }

  void ask_for_savepoint() {
    attempt_->request_savepoint(
        {.directory = path("sp"), .done = [this](const savepoint_report& report, const std::string& why) {
           ++answers_;
           taken_ = report;
           failure_ = why;
         }});
    step_coordinator();
    ASSERT_TRUE(attempt_->coordinator()->is_busy());
  }
  void step_coordinator() {
    while (attempt_->coordinator()->step().count() == 0) {
    }
  }
  /// One turn for everybody; false when all subtasks have ended.
  bool step() {
    bool goes_on = false;
    for (auto& subtask : attempt_->execution().subtasks()) {
      if (attempt_->execution().drain_requested()) subtask.task->drain();
      goes_on = attempt_->execution().step(subtask) != detail::step_status::done || goes_on;
      attempt_->execution().flush(subtask, detail::flush_reason::timeout);
    }
    step_coordinator();
    return goes_on;
  }
  void run_to_the_end() {
    while (step()) {
    }
    attempt_->finish();
    EXPECT_FALSE(attempt_->execution().failed()) << attempt_->execution().failure();
  }

  job description_;
  run_options options_;
  detail::system_clock clock_;
  memory_storage disk_;
  std::optional<detail::job_recovery> recovery_;
  std::unique_ptr<detail::job_attempt> attempt_;
  int answers_ = 0;
  savepoint_report taken_;
  std::string failure_;
};

TEST_F(stepped_savepoints, that_are_under_way_when_a_job_is_stopped_are_copies_of_its_last_checkpoint) {
  for (int i = 0; i < 10; ++i) step();
  ask_for_savepoint();
  attempt_->request_stop();
  run_to_the_end();
  EXPECT_EQ(answers_, 1);
  EXPECT_EQ(failure_, "");
  EXPECT_EQ(attempt_->coordinator()->figures().completed, 1u);
  EXPECT_EQ(taken_.id, attempt_->coordinator()->figures().last_completed);
}

// A checkpoint that some sources have drained before and others have not would lose what the others had left.
TEST_F(stepped_savepoints, that_are_under_way_when_a_job_is_drained_wait_for_its_end) {
  for (int i = 0; i < 10; ++i) step();
  ask_for_savepoint();
  attempt_->request_stop(stop_mode::drain);
  run_to_the_end();
  EXPECT_EQ(answers_, 1);
  EXPECT_EQ(failure_, "");
  EXPECT_EQ(attempt_->coordinator()->figures().completed, 1u);
  EXPECT_EQ(taken_.id, attempt_->coordinator()->figures().last_completed);
}

TEST_F(stepped_savepoints, that_are_under_way_when_an_attempt_fails_are_answered) {
  for (int i = 0; i < 10; ++i) step();
  ask_for_savepoint();
  attempt_->execution().fail("out of luck");
  attempt_->finish();
  EXPECT_EQ(answers_, 1);
  EXPECT_THAT(failure_, HasSubstr("the job failed meanwhile"));
  attempt_.reset();
  EXPECT_EQ(answers_, 1);
  EXPECT_FALSE(disk_.exists(path("sp")));
}

TEST_F(stepped_savepoints, that_take_too_long_are_given_up) {
  options_.checkpoints.timeout = 200ms;
  attempt_.reset();
  attempt_ = recovery_->next_attempt(detail::options_of(options_));
  step();
  ask_for_savepoint();
  std::this_thread::sleep_for(210ms);
  step_coordinator();
  EXPECT_THAT(failure_, HasSubstr("it took longer than 200 ms"));
}

}  // namespace
}  // namespace weir
