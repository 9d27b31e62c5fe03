// Checkpoints of a real run, with threads and a disk: a function that throws, a job that is stopped and goes on, and every
// restore that must be refused with a sentence.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <filesystem>
#include <fstream>
#include <map>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "weir/connectors/csv.hpp"
#include "weir/runtime/posix_storage.hpp"
#include "weir/state/shared_files.hpp"
#include "weir/state/snapshot_reader.hpp"
#include "weir/state/snapshot_store.hpp"
#include "weir/state/snapshot_writer.hpp"
#include "weir/weir.hpp"

namespace weir {
namespace {

using namespace std::chrono_literals;
using ::testing::AllOf;
using ::testing::HasSubstr;

struct sale {
  BOOST_HANA_DEFINE_STRUCT(sale, (std::int32_t, shop), (std::int64_t, amount));
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

/// The same with another type of state.
struct summing_doubles {
  BOOST_HANA_DEFINE_STRUCT(summing_doubles, (value_state<double>, sum));
  using output_type = shop_sum;
  void process(const sale& each, process_context<std::int32_t>& context, collector<shop_sum>& out) {
    sum = sum.value_or(0) + static_cast<double>(each.amount);
    out(shop_sum{context.key(), static_cast<std::int64_t>(*sum)});
  }
};

/// The same in later code: the sum has another name, and sales are counted, too.
struct summing_later {
  BOOST_HANA_DEFINE_STRUCT(summing_later, (value_state<std::int32_t>, sales), (value_state<std::int64_t>, total));
  static constexpr renamed_state renamed_states[] = {{.from = "sum", .to = "total"}};
  using output_type = shop_sum;
  void process(const sale& each, process_context<std::int32_t>& context, collector<shop_sum>& out) {
    sales = sales.value_or(0) + 1;
    total = total.value_or(0) + each.amount;
    out(shop_sum{context.key(), *total});
  }
};

class checkpoints : public ::testing::Test {
 protected:
  static constexpr std::int64_t sales = 60'000;
  static constexpr std::int32_t shops = 50;

  checkpoints() {
    folder_ = std::filesystem::path(::testing::TempDir()) /
              ("checkpoints_" + std::string(::testing::UnitTest::GetInstance()->current_test_info()->name()));
    std::filesystem::remove_all(folder_);
    std::filesystem::create_directories(folder_);
    std::ofstream input(folder_ / "sales.csv");
    input << "shop,amount\n";
    std::map<std::int32_t, std::int64_t> sums;
    for (std::int64_t i = 0; i < sales; ++i) {
      const auto shop = static_cast<std::int32_t>(i * 7 % shops);
      input << shop << ',' << i % 100 << '\n';
      expected_.push_back(std::to_string(shop) + "," + std::to_string(sums[shop] += i % 100));
    }
    std::sort(expected_.begin(), expected_.end());
  }
  ~checkpoints() override { std::filesystem::remove_all(folder_); }

  std::string path(const std::string& name) const { return (folder_ / name).string(); }

  template <class Function, class Step>
  job summing_job(Function function, Step step) const {
    return job("sums", from<"sales">(csv<sale>(path("sales.csv")).single_split()) | map(step) | key_by(&sale::shop) |
                           process<"sums">(std::move(function)) | to<"out">(csv(path("sums.csv"))));
  }
  template <class Function = summing>
  job summing_job(Function function = {}) const {
    return summing_job(std::move(function), [](const sale& each) { return each; });
  }

  run_options options(std::size_t slots) const {
    run_options made{.slots = slots};
    made.checkpoints.directory = path("kept");
    made.checkpoints.interval = 2ms;
    return made;
  }

  std::vector<std::string> results() const {
    std::ifstream file(path("sums.csv"));
    std::vector<std::string> lines;
    std::string line;
    std::getline(file, line);
    EXPECT_EQ(line, "shop,sum");
    while (std::getline(file, line)) lines.push_back(line);
    std::sort(lines.begin(), lines.end());
    return lines;
  }

  /// What running says; empty if it succeeds.
  static std::string failure_of(const job& of, const run_options& with) {
    try {
      of.run(with);
    } catch (const error& cause) {
      return cause.what();
    }
    return {};
  }

  std::filesystem::path folder_;
  std::vector<std::string> expected_;
};

TEST_F(checkpoints, change_no_result) {
  const job_report report = summing_job().run(options(2));
  EXPECT_EQ(results(), expected_);
  EXPECT_GE(report.checkpoints_completed, 1u);
  EXPECT_EQ(report.checkpoints_failed, 0u);
  EXPECT_EQ(report.last_checkpoint, report.checkpoints_completed);
}

std::chrono::nanoseconds longest_pause(const job_report& report) {
  std::chrono::nanoseconds longest{0};
  for (const stage_report& stage : report.stages) longest = std::max(longest, stage.checkpoint_pause_max);
  return longest;
}

TEST_F(checkpoints, tell_how_long_they_kept_a_subtask_from_its_next_batch) {
  run_options without = options(1);
  without.checkpoints = {};
  EXPECT_EQ(longest_pause(summing_job().run(without)), 0ns);
  static std::atomic<int> calls;
  calls = 0;
  const auto slowly = [](const sale& each) {
    if (++calls % 1000 == 0) std::this_thread::sleep_for(2ms);  // longer than the interval of checkpoints
    return each;
  };
  const job_report report = summing_job(summing{}, slowly).run(options(1));
  EXPECT_GT(longest_pause(report), 0ns);
  EXPECT_LT(longest_pause(report), report.duration);
}

TEST_F(checkpoints, let_a_job_go_on_after_an_exception) {
  static std::atomic<int> calls;
  calls = 0;
  const job throwing = summing_job(summing{}, [](const sale& each) {
    const int call = ++calls;
    if (call == 20'000 || call == 70'000) throw std::runtime_error("out of luck");
    return each;
  });
  run_options with = options(2);
  with.restart = {.strategy = restart_kind::fixed_delay, .attempts = 2, .delay = 1ms};
  const job_report report = throwing.run(with);
  EXPECT_EQ(results(), expected_);
  EXPECT_GT(calls, sales);
  EXPECT_THAT(report.notes, ::testing::Contains(HasSubstr("out of luck")));
}

TEST_F(checkpoints, are_given_up_with_the_job_when_restarts_are_used_up) {
  const job throwing = summing_job(summing{}, [](const sale& each) -> sale {
    if (each.shop == 7) throw std::runtime_error("never again");
    return each;
  });
  run_options with = options(1);
  with.restart = {.strategy = restart_kind::fixed_delay, .attempts = 3, .delay = 1ms};
  EXPECT_THAT(failure_of(throwing, with), HasSubstr("never again"));
  EXPECT_FALSE(std::filesystem::exists(path("sums.csv")));
}

/// Throws at one record, once, and then wherever subtasks are made, `refusals` times.
struct not_at_once {
  static inline std::atomic<int> calls{0};
  static inline std::atomic<int> refusals{0};
  static inline std::atomic<bool> refuses{false};
  static void begin(int times) {
    calls = 0;
    refusals = times;
    refuses = false;
  }

  not_at_once() = default;
  not_at_once(const not_at_once&) {
    if (refuses && refusals > 0) throw std::runtime_error("still out of luck, " + std::to_string(refusals--) + " to go");
  }
  sale operator()(const sale& each) const {
    if (++calls == 20'000) {
      refuses = true;
      throw std::runtime_error("out of luck");
    }
    return each;
  }
};

TEST_F(checkpoints, let_a_job_go_on_after_restarts_that_failed) {
  not_at_once::begin(2);
  run_options with = options(2);
  with.restart = {.strategy = restart_kind::fixed_delay, .attempts = 3, .delay = 1ms};
  const job_report report = summing_job(summing{}, not_at_once()).run(with);
  EXPECT_EQ(results(), expected_);
  EXPECT_THAT(report.notes, ::testing::Contains(HasSubstr("restarted from the last complete checkpoint after: job 'sums', "
                                                          "stage 'from<\"sales\"> | map | key_by': still out of luck, 2 to "
                                                          "go")));
  EXPECT_THAT(report.notes, ::testing::Contains(HasSubstr("still out of luck, 1 to go")));
}

TEST_F(checkpoints, are_given_up_with_the_job_when_restarts_failed_too_often) {
  not_at_once::begin(2);
  run_options with = options(2);
  with.restart = {.strategy = restart_kind::fixed_delay, .attempts = 2, .delay = 1ms};
  EXPECT_THAT(failure_of(summing_job(summing{}, not_at_once()), with), HasSubstr("still out of luck, 1 to go"));
  EXPECT_FALSE(std::filesystem::exists(path("sums.csv")));
}

TEST_F(checkpoints, let_a_stopped_job_go_on_in_other_slots) {
  static std::atomic<bool> slow;
  slow = true;
  const job under_test = summing_job(summing{}, [](const sale& each) {
    if (slow && each.amount == 0) std::this_thread::sleep_for(100us);
    return each;
  });
  job_handle running = under_test.start(options(2));
  std::this_thread::sleep_for(20ms);
  running.stop();
  EXPECT_TRUE(running.wait().stopped);
  EXPECT_FALSE(std::filesystem::exists(path("sums.csv")));
  slow = false;
  run_options with = options(3);
  with.restore = "latest";
  const job_report report = under_test.run(with);
  EXPECT_EQ(results(), expected_);
  EXPECT_LT(report.find("sales")->records_out, static_cast<std::uint64_t>(sales));
}

TEST_F(checkpoints, that_are_damaged_give_way_to_the_one_before) {
  static std::atomic<bool> slow;
  slow = true;
  const job under_test = summing_job(summing{}, [](const sale& each) {
    if (slow && each.amount == 0) std::this_thread::sleep_for(100us);
    return each;
  });
  job_handle running = under_test.start(options(2));
  while (running.running() && running.metrics().checkpoints_completed < 2) std::this_thread::sleep_for(1ms);
  running.stop();
  const std::uint64_t newest = running.wait().last_checkpoint;
  slow = false;
  const std::filesystem::path directory = snapshot_directory(path("kept"), newest);
  {
    // Of the last block: the manifest can be read, and so can most of the data.
    std::fstream data(directory / "data", std::ios::in | std::ios::out | std::ios::binary);
    data.seekg(-1, std::ios::end);
    const char last = static_cast<char>(data.get());
    data.seekp(-1, std::ios::end);
    data.put(static_cast<char>(last ^ 1));
  }
  run_options with = options(2);
  with.restore = "latest";
  const job_report report = under_test.run(with);
  EXPECT_EQ(results(), expected_);
  EXPECT_THAT(report.notes, ::testing::Contains(HasSubstr("checkpoint " + std::to_string(newest) + " is left out")));
  EXPECT_GT(report.last_checkpoint, newest);
  EXPECT_FALSE(std::filesystem::exists(directory));
}

TEST_F(checkpoints, of_a_finished_job_leave_nothing_to_do) {
  summing_job().run(options(2));
  run_options with = options(1);
  with.restore = "latest";
  const job_report report = summing_job().run(with);
  EXPECT_EQ(report.find("sales")->records_out, 0u);
  EXPECT_EQ(results(), expected_);
}

TEST_F(checkpoints, are_not_mixed_with_those_of_an_earlier_run) {
  summing_job().run(options(1));
  EXPECT_THAT(failure_of(summing_job(), options(1)), HasSubstr("go on from them with --restore latest"));
}

// Programs have rocksdb by linking it, and this one has not; tests/rocksdb holds those that have.
TEST_F(checkpoints, are_not_kept_in_rocksdb_by_a_program_without_it) {
  run_options with = options(1);
  with.state.backend = state_backend::rocksdb;
  EXPECT_THAT(failure_of(summing_job(), with),
              AllOf(HasSubstr("job 'sums'"), HasSubstr("rocksdb"), HasSubstr("add //state:rocksdb to the deps")));
  EXPECT_THROW(summing_job().plan(plan_format::text, with), error);
}

TEST_F(checkpoints, taken_with_rocksdb_are_not_restored_by_a_program_without_it) {
  summing_job().run(options(1));
  posix_storage disk;
  const std::string newest = snapshot_directory(path("kept"), complete_snapshots(disk, path("kept")).at(0));
  snapshot_reader reader(disk, newest);
  snapshot_manifest manifest = reader.manifest();
  snapshot_writer writer(disk, path("with_rocksdb"));
  for (const block_place& place : reader.manifest().blocks) writer.append(reader.read(place));
  snapshot_block files{};
  files.operator_index = 1;
  files.name = detail::files_name;
  writer.append(files);
  ASSERT_EQ(manifest.operators.at(files.operator_index).uid, "sums");
  writer.finish(std::move(manifest));
  run_options with = options(1);
  with.checkpoints.directory = path("others");
  with.restore = path("with_rocksdb");
  EXPECT_THAT(failure_of(summing_job(), with),
              AllOf(HasSubstr("with_rocksdb was taken with rocksdb"), HasSubstr("add //state:rocksdb to the deps")));
}

TEST_F(checkpoints, are_needed_to_restore) {
  EXPECT_THAT(failure_of(summing_job(), {.slots = 1, .restore = "latest"}), HasSubstr("add --checkpoint-dir DIRECTORY"));
}

TEST_F(checkpoints, refuse_a_vanished_operator_unless_its_state_may_go) {
  summing_job().run(options(1));
  const job without = job("sums", from<"sales">(csv<sale>(path("sales.csv")).single_split()) |
                                      map([](const sale& each) { return shop_sum{each.shop, each.amount}; }) |
                                      to<"out">(csv(path("sums.csv"))));
  run_options with = options(1);
  with.restore = "latest";
  EXPECT_THAT(failure_of(without, with), HasSubstr("holds state of process 'sums', which the job has no more"));
  with.allow_dropped_state = true;
  EXPECT_EQ(failure_of(without, with), "");
}

TEST_F(checkpoints, survive_new_uids_and_other_stateless_operators) {
  const job before = summing_job(summing{}, [](const sale& each) {
    if (each.amount == 0) std::this_thread::sleep_for(100us);
    return each;
  });
  job_handle running = before.start(options(2));
  std::this_thread::sleep_for(20ms);
  running.stop();
  ASSERT_TRUE(running.wait().stopped);

  const auto all = [](const auto&) { return true; };
  const job after("sums", from<uid<"orders", "sales">>(csv<sale>(path("sales.csv")).single_split()) | filter(all) |
                              key_by(&sale::shop) | process<uid<"totals", "older", "sums">>(summing{}) | filter(all) |
                              map([](const shop_sum& each) { return each; }) | to<uid<"result", "out">>(csv(path("sums.csv"))));
  run_options with = options(3);
  with.restore = "latest";
  const job_report report = after.run(with);
  EXPECT_EQ(results(), expected_);
  EXPECT_LT(report.find("orders")->records_out, static_cast<std::uint64_t>(sales));
  for (const auto& each : std::filesystem::directory_iterator(folder_)) {
    EXPECT_NE(each.path().extension(), ".part") << each.path() << " is left over";
  }
}

TEST_F(checkpoints, are_read_by_later_code) {
  const auto slowly = [](const sale& each) {
    if (each.amount == 0) std::this_thread::sleep_for(100us);
    return each;
  };
  job_handle running = summing_job(summing{}, slowly).start(options(2));
  std::this_thread::sleep_for(20ms);
  running.stop();
  ASSERT_TRUE(running.wait().stopped);
  run_options with = options(3);
  with.restore = "latest";
  const job_report report = summing_job(summing_later{}).run(with);
  EXPECT_EQ(results(), expected_);
  EXPECT_LT(report.find("sales")->records_out, static_cast<std::uint64_t>(sales));
}

TEST_F(checkpoints, refuse_state_of_another_type) {
  summing_job().run(options(1));
  run_options with = options(1);
  with.restore = "latest";
  EXPECT_THAT(failure_of(summing_job(summing_doubles{}), with), HasSubstr("does not fit: state 'sum' was int64 and is float64; give the record static T migrate"));
}

TEST_F(checkpoints, refuse_an_input_that_has_changed) {
  const job under_test = summing_job(summing{}, [](const sale& each) {
    if (each.amount == 0) std::this_thread::sleep_for(100us);
    return each;
  });
  job_handle running = under_test.start(options(1));
  std::this_thread::sleep_for(10ms);
  running.stop();
  ASSERT_TRUE(running.wait().stopped);
  std::ofstream(path("sales.csv"), std::ios::app) << "1,1\n";
  run_options with = options(1);
  with.restore = "latest";
  EXPECT_THAT(failure_of(under_test, with), HasSubstr("sales.csv has changed since the snapshot was taken"));
}

TEST_F(checkpoints, need_names_for_all_state) {
  const job unnamed("unnamed", from(std::vector<sale>{{1, 2}}) | to<"out">(csv(path("out.csv"))));
  EXPECT_THAT(failure_of(unnamed, options(1)), HasSubstr("write from<\"uid\">(...)"));
}

}  // namespace
}  // namespace weir
