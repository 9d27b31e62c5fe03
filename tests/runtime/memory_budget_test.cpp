// The memory budget of a job, with threads and a disk and under the simulator: what its state takes is told, a job that
// takes more than it may fails with a sentence, once, and goes on from its last checkpoint where it gets more.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <filesystem>
#include <fstream>
#include <string>
#include <thread>
#include <vector>

#include "weir/connectors/csv.hpp"
#include "weir/runtime/memory_shares.hpp"
#include "weir/runtime/posix_storage.hpp"
#include "weir/state/snapshot_store.hpp"
#include "weir/testkit/fault_point.hpp"
#include "weir/testkit/memory_storage.hpp"
#include "weir/testkit/operator_harness.hpp"
#include "weir/testkit/simulator.hpp"
#include "weir/weir.hpp"

namespace weir::testing {
namespace {

using namespace std::chrono_literals;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

constexpr std::size_t mebibyte = std::size_t{1} << 20;

struct login {
  BOOST_HANA_DEFINE_STRUCT(login, (std::int64_t, user), (std::int64_t, number));
};
struct last_login {
  BOOST_HANA_DEFINE_STRUCT(last_login, (std::int64_t, user), (std::int64_t, sum));
};

std::atomic<int> opened{0};

/// Adds up the numbers of a user's logins, and keeps a text of a hundred bytes besides.
struct remembering {
  BOOST_HANA_DEFINE_STRUCT(remembering, (value_state<std::int64_t>, sum), (value_state<std::string>, text));
  using output_type = last_login;
  void open() { ++opened; }
  void process(const login& each, process_context<std::int64_t>& context, collector<last_login>& out) {
    fault_point();
    sum = sum.value_or(0) + each.number;
    text = std::string(100, 'x');
    out(last_login{context.key(), *sum});
  }
};

login login_of(std::uint64_t i, std::uint64_t users) {
  return {static_cast<std::int64_t>(i * 7919 % users), static_cast<std::int64_t>(i)};
}

std::string failure_of(const job& of, const run_options& with) {
  try {
    of.run(with);
  } catch (const error& cause) {
    return cause.what();
  }
  return {};
}

// ---- what is told -----------------------------------------------------------------------------------------------------

auto remembering_harness(const driver_options& options = {}) {
  return operator_harness<login, no_clock>(key_by(&login::user) | process<"logins">(remembering{}), options);
}

std::vector<login> logins_of(std::uint64_t count, std::uint64_t users) {
  std::vector<login> made;
  for (std::uint64_t i = 0; i < count; ++i) made.push_back(login_of(i, users));
  return made;
}

TEST(state_bytes, grow_with_keys_and_are_summed_up_over_subtasks) {
  std::vector<std::uint64_t> by_slots;
  for (const std::size_t slots : {1u, 4u}) {
    auto harness = remembering_harness({.slots = slots});
    harness.push_all(logins_of(1'000, 1'000));
    const std::uint64_t few = harness.report().find("logins")->state_bytes;
    harness.push_all(logins_of(20'000, 20'000));
    const std::uint64_t many = harness.report().find("logins")->state_bytes;
    // A row has 8 bytes of key, 8 of sum and 32 of string, whose text takes another 112 on the heap.
    EXPECT_GT(few, 1'000 * 160u);
    EXPECT_LT(few, 1'000 * 300u);
    EXPECT_GT(many, 20'000 * 160u);
    EXPECT_LT(many, 20'000 * 300u);
    by_slots.push_back(many);
  }
  EXPECT_NEAR(static_cast<double>(by_slots[1]), static_cast<double>(by_slots[0]), 0.05 * static_cast<double>(by_slots[0]));
}

TEST(state_bytes, are_given_back_with_the_windows) {
  auto harness =
      operator_harness<login>(key_by(&login::user) | window(tumbling(1s)) | aggregate<"windows">(sum(&login::number)));
  std::vector<timed_record<login>> logins;
  for (std::int64_t window = 0; window < 10; ++window) {
    for (std::int64_t user = 0; user < 3'000; ++user) logins.push_back({login{user, 1}, from_epoch_ms(window * 1'000)});
  }
  harness.push_all(logins);
  const std::uint64_t ten = harness.report().find("windows")->state_bytes;
  EXPECT_GT(ten, 10 * 3'000 * 16u);
  harness.watermark(9'999ms);
  const std::uint64_t none = harness.report().find("windows")->state_bytes;
  EXPECT_LT(none, ten / 2) << "four tables are kept for windows to come, and no more";
  EXPECT_GT(none, 0u);
}

TEST(state_bytes, of_sliding_windows_are_those_of_slices_and_of_what_is_put_together) {
  const auto grown_by_firing = [](auto function) {
    auto harness = operator_harness<login>(key_by(&login::user) | window(sliding(10s, 1s)) | aggregate<"windows">(function));
    std::vector<timed_record<login>> logins;
    for (std::int64_t slice = 0; slice < 20; ++slice) {
      for (std::int64_t user = 0; user < 3'000; ++user) logins.push_back({login{user, 1}, from_epoch_ms(slice * 1'000)});
    }
    harness.push_all(logins);
    const std::uint64_t slices = harness.report().find("windows")->state_bytes;
    EXPECT_GT(slices, 20 * 3'000 * 16u);
    harness.watermark(999ms);
    const std::uint64_t put_together = harness.report().find("windows")->state_bytes - slices;
    harness.watermark(100s);
    EXPECT_LT(harness.report().find("windows")->state_bytes, slices)
        << "four tables are kept for slices to come, and what was put together last, and no more";
    return put_together;
  };
  EXPECT_GT(grown_by_firing(sum(&login::number)), 3'000 * 24u) << "slices are added to a sum";
  EXPECT_GT(grown_by_firing(max(&login::number)), 3'000 * 24u) << "slices are stacked up to a maximum";
}

TEST(state_bytes, of_rolling_aggregates_and_of_nothing) {
  auto rolling_sums = operator_harness<login, no_clock>(key_by(&login::user) | rolling<"sums">(sum(&login::number)));
  rolling_sums.push_all(logins_of(5'000, 5'000));
  EXPECT_GT(rolling_sums.report().find("sums")->state_bytes, 5'000 * 24u);
  EXPECT_LT(rolling_sums.report().find("sums")->state_bytes, 5'000 * 100u);
  EXPECT_EQ(rolling_sums.report().stages.front().operators.front().state_bytes, 0u);
}

TEST(state_bytes, are_those_of_before_after_a_restore) {
  auto harness = remembering_harness({.slots = 2, .snapshots = true});
  harness.push_all(logins_of(10'000, 10'000));
  harness.push_all(logins_of(10'000, 10'000));
  const auto before = static_cast<double>(harness.report().find("logins")->state_bytes);
  harness.snapshot_restore(3);
  harness.push_all(logins_of(1, 1));
  const auto after = static_cast<double>(harness.report().find("logins")->state_bytes);
  EXPECT_NEAR(after, before, 0.3 * before);  // tables may be fuller or emptier
}

// ---- what is refused ----------------------------------------------------------------------------------------------------

job endless_memory(std::uint64_t users = 1'000'000) {
  return job("logins", from<"logins">(generate([users](std::uint64_t i) { return login_of(i, users); }, bounded(users))) |
                           key_by(&login::user) | process<"remembered">(remembering{}) | to<"out">(for_each([](const auto&) {})));
}

TEST(memory_budget, must_be_more_than_what_is_in_flight) {
  const std::string failure = failure_of(endless_memory(10), {.slots = 2, .memory = 100'000});
  EXPECT_THAT(failure, AllOf(HasSubstr("job 'logins': 97.7 KiB of memory (--memory) is too little: "),
                             HasSubstr(" may be in flight between its stages; give it more than ")));
  EXPECT_THAT(endless_memory().plan(plan_format::text, {.slots = 2, .memory = 64 * mebibyte}),
              HasSubstr("of 64.0 MiB of memory, 63."));
}

TEST(memory_budget, is_shared_with_rocksdb) {
  const job under_test = endless_memory();
  run_options options{.memory = 64 * mebibyte};
  options.state.backend = state_backend::rocksdb;
  const detail::memory_shares shares = detail::share_out_memory(under_test.description(), 2, options);
  EXPECT_EQ(options.state.memory, (64 * mebibyte - shares.in_flight) / 4 * 3);
  EXPECT_EQ(shares.database, options.state.memory - options.state.memory / 3);
  EXPECT_EQ(shares.state() + shares.database + shares.in_flight, 64 * mebibyte);

  run_options too_much{.memory = 64 * mebibyte};
  too_much.state = {.backend = state_backend::rocksdb, .memory = 65 * mebibyte};
  const auto refusal = [&](run_options& with) -> std::string {
    try {
      detail::share_out_memory(under_test.description(), 2, with);
    } catch (const error& cause) {
      return cause.what();
    }
    return {};
  };
  EXPECT_THAT(refusal(too_much),
              AllOf(HasSubstr("65.0 MiB for rocksdb and its rows (--state-memory)"), HasSubstr("more than the 64.0 MiB")));
  too_much.state.memory = 64 * mebibyte;
  EXPECT_THAT(refusal(too_much), HasSubstr("give it more than 64."));
  run_options too_little{.memory = shares.in_flight + 8 * mebibyte};
  too_little.state.backend = state_backend::rocksdb;
  EXPECT_THAT(refusal(too_little), HasSubstr("rocksdb needs 10.7 MiB"));
}

// ---- what fails ---------------------------------------------------------------------------------------------------------

TEST(memory_budget, fails_a_job_with_a_sentence_that_names_the_largest_state) {
  for (const std::size_t slots : {1u, 3u}) {
    const std::string failure = failure_of(endless_memory(), {.slots = slots, .memory = 24 * mebibyte});
    EXPECT_THAT(failure,
                AllOf(HasSubstr("job 'logins': its state takes "),
                      HasSubstr(" is more than the 24.0 MiB that the job may take (--memory); the largest is that of "
                                "process 'remembered' with "),
                      HasSubstr("or keep the rows of process and rolling on disk with --state rocksdb"),
                      Not(HasSubstr("--restore"))));
  }
  EXPECT_THAT(failure_of(endless_memory(100'000), {.slots = 3, .memory = 64 * mebibyte}), IsEmpty());
}

TEST(memory_budget, names_the_larger_of_two_states) {
  const auto make = [](std::uint64_t i) { return login_of(i, 400'000); };
  const job two("two", from<"logins">(generate(make, bounded(std::uint64_t{400'000}))) | key_by(&login::user) |
                           process<"large">(remembering{}) |
                           key_by([](const last_login& each) { return each.user % 1'000; }) |
                           rolling<"small">(max(&last_login::sum)) | to<"out">(for_each([](const auto&) {})));
  EXPECT_THAT(failure_of(two, {.slots = 2, .memory = 32 * mebibyte}), HasSubstr("the largest is that of process 'large'"));
}

TEST(memory_budget, is_passed_by_what_one_batch_adds_at_most) {
  auto harness = remembering_harness({.batch_records = 64, .memory = 2 * mebibyte});
  std::uint64_t highest = 0;
  std::string failure;
  try {
    for (std::uint64_t i = 0; i < 200'000; i += 64) {
      std::vector<login> batch;
      for (std::uint64_t k = i; k < i + 64; ++k) batch.push_back(login_of(k, 200'000));
      harness.push_all(batch);
      highest = harness.report().find("logins")->state_bytes;
    }
  } catch (const error& cause) {
    failure = cause.what();
  }
  EXPECT_THAT(failure, HasSubstr("--memory"));
  EXPECT_GT(highest, 18 * mebibyte / 10);
  EXPECT_LT(harness.report().find("logins")->state_bytes, 21 * mebibyte / 10);
}

TEST(memory_budget, holds_what_one_call_emits) {
  const job expanding("expanding", from<"numbers">({1, 2, 3}) | flat_map<std::int64_t>([](int each, const auto& out) {
                                     for (std::int64_t i = 0; i < 20'000'000; ++i) out(i * each);
                                   }) |
                                       rebalance() | to<"out">(for_each([](std::int64_t) {})));
  const std::string failure = failure_of(expanding, {.slots = 2, .memory = 32 * mebibyte});
  EXPECT_THAT(failure, HasSubstr("most is what one call emits in stage 'from<\"numbers\"> | flat_map"));
}

struct uneven {
  BOOST_HANA_DEFINE_STRUCT(uneven, (value_state<std::string>, text));
  using output_type = std::int64_t;
  void process(const login& each, auto&, auto&) { text = std::string(each.user % 100 == 0 ? 60'000 : 20, 'x'); }
};

/// An over-estimate must not fail a job: one entry in a hundred has nearly all of the bytes.
TEST(memory_budget, counts_before_it_fails_a_job) {
  // 20,000 entries, 200 of them with 60,000 bytes: 14 MiB.
  auto harness = operator_harness<login, no_clock>(key_by(&login::user) | process<"uneven">(uneven{}),
                                                   {.memory = 16 * mebibyte});
  EXPECT_NO_THROW({
    for (int round = 0; round < 5; ++round) harness.push_all(logins_of(20'000, 20'000));
  });
}

// ---- what stays ---------------------------------------------------------------------------------------------------------

class over_budget : public ::testing::Test {
 protected:
  over_budget() {
    folder_ = std::filesystem::path(::testing::TempDir()) /
              ("over_budget_" + std::string(::testing::UnitTest::GetInstance()->current_test_info()->name()));
    std::filesystem::remove_all(folder_);
    std::filesystem::create_directories(folder_);
  }
  ~over_budget() override { std::filesystem::remove_all(folder_); }
  std::string path(const std::string& name) const { return (folder_ / name).string(); }

  static constexpr std::uint64_t logins = 200'000;
  job logins_job(double rate = 1e9) const {
    const auto make = [](std::uint64_t i) { return login_of(i, logins / 2); };
    return job("logins", from<"logins">(generate(make, bounded(logins)).rate(rate)) | key_by(&login::user) |
                             process<"remembered">(remembering{}) | to<"out">(csv(path("out.csv"))));
  }
  run_options options(std::size_t memory) const {
    run_options made{.slots = 2, .memory = memory};
    made.checkpoints.directory = path("kept");
    made.checkpoints.interval = 5ms;
    made.restart = {.strategy = restart_kind::fixed_delay, .attempts = 5, .delay = 1ms};
    return made;
  }
  static std::vector<std::string> expected() {
    std::vector<std::string> rows;
    std::vector<std::int64_t> sums(logins / 2);
    for (std::uint64_t i = 0; i < logins; ++i) {
      const login each = login_of(i, logins / 2);
      sums[static_cast<std::size_t>(each.user)] += each.number;
      rows.push_back(std::to_string(each.user) + "," + std::to_string(sums[static_cast<std::size_t>(each.user)]));
    }
    std::sort(rows.begin(), rows.end());
    return rows;
  }
  std::vector<std::string> results() const {
    std::ifstream file(path("out.csv"));
    std::vector<std::string> rows;
    std::string row;
    std::getline(file, row);
    while (std::getline(file, row)) rows.push_back(row);
    std::sort(rows.begin(), rows.end());
    return rows;
  }

  std::filesystem::path folder_;
};

TEST_F(over_budget, is_not_retried_and_goes_on_from_the_last_checkpoint_with_more) {
  opened = 0;
  const std::string failure = failure_of(logins_job(200'000), options(8 * mebibyte));
  EXPECT_THAT(failure, AllOf(HasSubstr("process 'remembered' with"),
                             HasSubstr("; with more memory, --restore latest goes on from the last complete checkpoint")));
  EXPECT_EQ(opened, 2) << "one attempt of two subtasks";
  EXPECT_FALSE(std::filesystem::exists(path("out.csv")));
  posix_storage disk;
  ASSERT_THAT(complete_snapshots(disk, path("kept")), Not(IsEmpty()));

  run_options more = options(256 * mebibyte);
  more.restore = "latest";
  more.slots = 3;
  const job_report report = logins_job().run(more);
  EXPECT_LT(report.find("logins")->records_out, logins) << "it went on where a checkpoint was";
  EXPECT_TRUE(results() == expected()) << "the rows are not those of a loop over the logins";
  EXPECT_EQ(report.memory_budget, 256 * mebibyte);
}

TEST_F(over_budget, is_told_while_a_snapshot_is_restored) {
  run_options all = options(0);
  job_handle running = logins_job(100'000).start(all);
  while (running.running() && running.metrics().find("logins")->records_out < 40'000) std::this_thread::sleep_for(1ms);
  running.stop();
  ASSERT_TRUE(running.wait().stopped);
  run_options little = options(2 * mebibyte);
  little.restore = "latest";
  EXPECT_THAT(failure_of(logins_job(), little), HasSubstr("that the job may take (--memory)"));
  all.restore = "latest";
  EXPECT_THAT(failure_of(logins_job(), all), IsEmpty());
  EXPECT_TRUE(results() == expected()) << "the rows are not those of a loop over the logins";
}

// ---- under the simulator --------------------------------------------------------------------------------------------------

struct total {
  BOOST_HANA_DEFINE_STRUCT(total, (std::int64_t, user), (std::int64_t, sum));
};
struct adding {
  BOOST_HANA_DEFINE_STRUCT(adding, (value_state<std::int64_t>, sum));
  using output_type = total;
  void process(const login& each, process_context<std::int64_t>& context, collector<total>& out) {
    fault_point();
    sum = sum.value_or(0) + each.number;
    out(total{context.key(), *sum});
  }
};

/// Whatever else happens to it: a job that takes too much ends with that sentence, never with results, and never by
/// being tried again for ever; with more memory its checkpoints lead to the right results.
TEST(memory_budget, ends_simulated_jobs_alike) {
  constexpr std::uint64_t users = 1'500;
  constexpr std::uint64_t count = 2'000;
  std::string input = "user,number\n";
  std::vector<std::string> expected;
  std::vector<std::int64_t> sums(users);
  for (std::uint64_t i = 0; i < count; ++i) {
    const login each = login_of(i, users);
    input += std::to_string(each.user) + "," + std::to_string(each.number) + "\n";
    sums[static_cast<std::size_t>(each.user)] += each.number;
    expected.push_back(std::to_string(each.user) + "," + std::to_string(sums[static_cast<std::size_t>(each.user)]));
  }
  std::sort(expected.begin(), expected.end());
  const job under_test("totals", from<"logins">(csv<login>("logins.csv").single_split()) | key_by(&login::user) |
                                     process<"totals">(adding{}) | to<"out">(csv("out.csv")));
  std::uint64_t kept = 0;
  for (std::uint64_t seed = 0; seed < 60; ++seed) {
    memory_storage disk;
    disk.write("logins.csv", input);
    simulation_options options{.seed = seed,
                               .slots = 1 + static_cast<std::size_t>(seed % 3),
                               .storage = &disk,
                               .crashes_max = 3,
                               .slots_after_crash_max = 4,
                               .storage_errors_max = 2,
                               .failures_max = 3,
                               .commit_faults_max = 10,
                               .memory = 24'000};  // of the 36,000 and more that 1,500 rows of 24 bytes take
    std::string failure;
    try {
      simulate(under_test, options);
    } catch (const error& cause) {
      failure = cause.what();
    }
    ASSERT_THAT(failure, AllOf(HasSubstr("failed: job 'totals': its state takes "), HasSubstr("process 'totals' with ")))
        << "seed " << seed;
    ASSERT_FALSE(disk.exists("out.csv")) << "seed " << seed;
    kept += complete_snapshots(disk, simulated_checkpoints).empty() ? 0 : 1;

    options.memory = 10 * mebibyte;
    simulate(under_test, options);
    std::vector<std::string> rows;
    std::string text = disk.read("out.csv");
    for (std::size_t begin = text.find('\n') + 1; begin < text.size();) {
      const std::size_t end = text.find('\n', begin);
      rows.push_back(text.substr(begin, end - begin));
      begin = end + 1;
    }
    std::sort(rows.begin(), rows.end());
    ASSERT_EQ(rows, expected) << "seed " << seed;
  }
  EXPECT_GT(kept, 20u) << "most runs should have had a checkpoint to go on from";
}

}  // namespace
}  // namespace weir::testing
