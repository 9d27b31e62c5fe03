// Checkpoints of state in RocksDB with a real disk: rolling aggregates and expiring states, tables that are stored once
// and go when no checkpoint needs them, files that are damaged, and what is refused with a sentence.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "tests/rocksdb/temporary_directory.hpp"
#include "weir/connectors/csv.hpp"
#include "weir/runtime/posix_storage.hpp"
#include "weir/state/shared_files.hpp"
#include "weir/state/snapshot_store.hpp"
#include "weir/state/snapshot_text.hpp"
#include "weir/testkit/testkit.hpp"
#include "weir/weir.hpp"

namespace weir::testing {
namespace {

using namespace std::chrono_literals;
using ::testing::AllOf;
using ::testing::HasSubstr;

struct trade {
  BOOST_HANA_DEFINE_STRUCT(trade, (std::string, symbol), (std::int64_t, shares));
};

class stored_checkpoints : public ::testing::Test {
 protected:
  driver_options with_memory(std::size_t memory) {
    return {.storage = &disk_,
            .snapshots = true,
            .state = {.backend = state_backend::rocksdb, .directory = directory_.path(), .memory = memory}};
  }
  std::string shared() const { return directory_ / "snapshots/shared"; }
  std::set<std::string> tables() const {
    const std::vector<std::string> names = names_in(shared());
    return {names.begin(), names.end()};
  }

  temporary_directory directory_;
  posix_storage disk_;
};

TEST_F(stored_checkpoints, keep_rolling_aggregates) {
  for (const std::size_t memory : {std::size_t{1}, std::size_t{64} << 20}) {
    std::filesystem::remove_all(directory_.path());
    auto harness = operator_harness<trade, no_clock>(key_by(&trade::symbol) | rolling<"sums">(sum(&trade::shares)),
                                                     with_memory(memory));
    std::mt19937 random(11);
    std::map<std::string, std::int64_t> sums;
    for (int batch = 0; batch < 60; ++batch) {
      std::vector<trade> trades;
      std::map<std::string, std::vector<std::int64_t>> expected;
      std::map<std::string, std::vector<std::int64_t>> found;
      for (int i = 0; i < 100; ++i) {
        trades.push_back({"symbol " + std::to_string(random() % 500), static_cast<std::int64_t>(random() % 1000)});
        expected[trades.back().symbol].push_back(sums[trades.back().symbol] += trades.back().shares);
      }
      harness.take_output();
      harness.push_all(trades);
      for (const trade& each : harness.values()) found[each.symbol].push_back(each.shares);
      ASSERT_EQ(found, expected) << "batch " << batch;
      if (batch % 10 == 5) harness.keep_state_in(random() % 3 == 0 ? state_backend::heap : state_backend::rocksdb);
      if (batch % 5 == 0) harness.snapshot_restore(1 + random() % 5);
    }
  }
}

struct seen {
  BOOST_HANA_DEFINE_STRUCT(seen, (value_state<std::int64_t>, last));
  using output_type = std::int64_t;
  void process(const trade& each, auto&, auto& out) {
    out(last.value_or(-1));
    last = each.shares;
  }
};

TEST_F(stored_checkpoints, let_state_expire) {
  auto harness =
      operator_harness<trade, no_clock>(key_by(&trade::symbol) | process<"seen">(seen{}, ttl(100ms)), with_memory(1));
  harness.push({"a", 1});
  harness.advance_processing_time(60ms);
  harness.push({"b", 2});
  harness.snapshot_restore();
  harness.advance_processing_time(39ms);
  harness.push({"a", 3});
  harness.advance_processing_time(70ms);
  harness.push({"b", 4});
  harness.push({"a", 5});
  harness.snapshot_restore();
  harness.advance_processing_time(100ms);
  harness.push({"a", 6});
  EXPECT_EQ(harness.values(), (std::vector<std::int64_t>{-1, -1, 1, -1, 3, -1}));
}

/// Says what it holds, then holds the shares; nothing from a negative number on.
struct holder {
  BOOST_HANA_DEFINE_STRUCT(holder, (value_state<std::int64_t>, held));
  using output_type = std::int64_t;
  void process(const trade& each, auto&, auto& out) {
    out(held.value_or(-1));
    if (each.shares >= 0) held = each.shares;
    if (each.shares < 0) held.clear();
  }
};

TEST_F(stored_checkpoints, hold_very_many_rows) {
  constexpr std::int64_t count = 60'000;
  auto harness = operator_harness<trade, no_clock>(key_by(&trade::symbol) | process<"holder">(holder{}),
                                                   with_memory(std::size_t{256} << 20));
  const auto push = [&](auto shares_of) {
    std::vector<trade> trades;
    for (std::int64_t i = 0; i < count; ++i) {
      if (const std::optional<std::int64_t> shares = shares_of(i)) {
        trades.push_back({"a symbol with a name of some length " + std::to_string(i), *shares});
      }
    }
    harness.take_output();
    harness.push_all(trades);
    return harness.values();
  };
  using number = std::optional<std::int64_t>;
  push([](std::int64_t i) { return number(i); });
  harness.snapshot_restore();
  // Every third is changed, every third is erased, and the others stay only in the first table.
  push([](std::int64_t i) { return i % 3 == 0 ? number(-1) : i % 3 == 1 ? number(2 * i) : number(); });
  harness.snapshot_restore();
  harness.snapshot_restore(3);
  std::vector<std::int64_t> found = push([](std::int64_t i) { return number(i); });
  std::vector<std::int64_t> expected;
  for (std::int64_t i = 0; i < count; ++i) expected.push_back(i % 3 == 0 ? -1 : i % 3 == 1 ? 2 * i : i);
  std::sort(found.begin(), found.end());  // slots answer in no order
  std::sort(expected.begin(), expected.end());
  EXPECT_TRUE(found == expected) << "rows are lost or changed";
}

TEST_F(stored_checkpoints, store_a_table_once) {
  auto harness = operator_harness<trade, no_clock>(key_by(&trade::symbol) | process<"seen">(seen{}), with_memory(1));
  std::vector<trade> trades;
  for (int i = 0; i < 1000; ++i) trades.push_back({"symbol " + std::to_string(i), i});
  harness.push_all(trades);
  harness.snapshot_restore();
  const std::set<std::string> first = tables();
  ASSERT_EQ(first.size(), 1u);
  harness.push({"one more", 1});
  harness.snapshot_restore();
  const std::set<std::string> second = tables();
  ASSERT_EQ(second.size(), 2u);
  EXPECT_TRUE(std::includes(second.begin(), second.end(), first.begin(), first.end())) << "it was stored again";
  for (int i = 0; i < 12; ++i) {  // enough for the database to merge them
    harness.push({"one more", i});
    harness.snapshot_restore();
  }
  std::set<std::string> needed;
  for (const std::uint64_t id : complete_snapshots(disk_, directory_ / "snapshots")) {
    needed.merge(detail::shared_files_of(disk_, snapshot_directory(directory_ / "snapshots", id)));
  }
  EXPECT_EQ(tables(), needed) << "what no checkpoint needs is removed";
}

TEST_F(stored_checkpoints, of_no_rows_hold_no_tables) {
  auto harness = operator_harness<trade, no_clock>(key_by(&trade::symbol) | process<"seen">(seen{}), with_memory(1));
  harness.snapshot_restore();
  EXPECT_EQ(tables(), std::set<std::string>{});
  harness.push({"a", 1});
  EXPECT_EQ(harness.values(), (std::vector<std::int64_t>{-1}));
}

TEST_F(stored_checkpoints, leave_no_databases_behind) {
  {
    auto harness = operator_harness<trade, no_clock>(key_by(&trade::symbol) | process<"seen">(seen{}), with_memory(1));
    harness.push({"a", 1});
    harness.snapshot_restore();
    harness.push({"a", 1});
  }
  std::vector<std::string> left = names_in(directory_.path());
  std::sort(left.begin(), left.end());
  EXPECT_EQ(left, (std::vector<std::string>{"LOCK", "snapshots"}));
  // What a process that was killed has left goes when the next one begins.
  std::filesystem::create_directories(directory_ / "attempt-7/rows");
  std::ofstream(directory_ / "attempt-7/rows/CURRENT") << "left";
  auto harness = operator_harness<trade, no_clock>(key_by(&trade::symbol) | process<"seen">(seen{}), with_memory(1));
  EXPECT_FALSE(std::filesystem::exists(directory_ / "attempt-7"));
}

TEST_F(stored_checkpoints, show_their_rows) {
  auto harness = operator_harness<trade, no_clock>(key_by(&trade::symbol) | process<"seen">(seen{}), with_memory(1));
  harness.push({"a", 1});
  harness.push({"b", 2});
  harness.snapshot_restore(2);
  harness.push({"c", 3});
  harness.snapshot_restore(1);
  for (const std::uint64_t id : {1u, 2u}) {
    snapshot_reader reader(disk_, snapshot_directory(directory_ / "snapshots", id));
    EXPECT_THAT(describe_snapshot(reader), HasSubstr("tables of rocksdb"));
    std::vector<std::string> lines;
    write_state(reader, "seen", state_format::json, [&](std::string_view line) { lines.emplace_back(line); });
    std::sort(lines.begin(), lines.end());
    std::vector<std::string> expected{"{\"key\": \"a\", \"last\": 1}\n", "{\"key\": \"b\", \"last\": 2}\n"};
    if (id == 2) expected.emplace_back("{\"key\": \"c\", \"last\": 3}\n");
    EXPECT_EQ(lines, expected) << "checkpoint " << id;
  }
}

TEST_F(stored_checkpoints, are_copied_with_a_savepoint) {
  auto harness = operator_harness<trade, no_clock>(key_by(&trade::symbol) | process<"seen">(seen{}), with_memory(1));
  harness.push({"a", 1});
  harness.snapshot_restore();
  const std::string checkpoint = snapshot_directory(directory_ / "snapshots", 1);
  std::filesystem::copy(checkpoint, directory_ / "savepoint");
  snapshot_reader reader(disk_, checkpoint);
  std::size_t parts = 0;
  for (const block_place& place : reader.manifest().blocks) {
    if (place.name != detail::files_name) continue;
    ++parts;
    detail::copy_shared_files(disk_, reader.read(place).bytes, directory_ / "snapshots", directory_ / "savepoint");
  }
  EXPECT_EQ(parts, 1u);
  std::vector<std::string> copied = names_in(directory_ / "savepoint/shared");
  EXPECT_EQ(copied, names_in(shared()));
  const std::string name = copied.at(0);
  EXPECT_EQ(std::filesystem::file_size(directory_ / ("savepoint/shared/" + name)),
            std::filesystem::file_size(shared() + "/" + name));
}

// ---- jobs with threads ----------------------------------------------------------------------------------------------

struct payment {
  BOOST_HANA_DEFINE_STRUCT(payment, (std::int32_t, account), (std::int64_t, amount));
};
struct total {
  BOOST_HANA_DEFINE_STRUCT(total, (std::int32_t, account), (std::int64_t, sum));
};
struct totals {
  BOOST_HANA_DEFINE_STRUCT(totals, (value_state<std::int64_t>, sum));
  using output_type = total;
  void process(const payment& each, process_context<std::int32_t>& context, collector<total>& out) {
    sum = sum.value_or(0) + each.amount;
    out(total{context.key(), *sum});
  }
};

/// The same in newer code, with one state more.
struct counted_totals {
  BOOST_HANA_DEFINE_STRUCT(counted_totals, (value_state<std::int64_t>, count), (value_state<std::int64_t>, sum));
  using output_type = total;
  void process(const payment& each, process_context<std::int32_t>& context, collector<total>& out) {
    count = count.value_or(0) + 1;
    sum = sum.value_or(0) + each.amount;
    out(total{context.key(), *sum});
  }
};

payment payment_of(std::uint64_t i) {
  return {static_cast<std::int32_t>(i * 7919 % 3000), static_cast<std::int64_t>(i % 1000)};
}
constexpr std::uint64_t payments = 200'000;

class stored_jobs : public ::testing::Test {
 protected:
  template <class Function = totals>
  job totals_job(const std::string& out, double payments_a_second = 400'000) {
    return job("totals", from<"payments">(generate(payment_of, bounded(payments)).rate(payments_a_second)) |
                             key_by(&payment::account) | process<"totals">(Function{}) | to<"out">(csv(out)));
  }
  run_options options() {
    run_options made;
    made.slots = 2;
    made.checkpoints.directory = directory_ / "checkpoints";
    made.checkpoints.interval = 10ms;
    made.restore = "latest";
    made.state.backend = state_backend::rocksdb;
    made.state.memory = std::size_t{1} << 20;
    return made;
  }
  static std::vector<std::string> expected() {
    std::vector<std::string> lines;
    std::map<std::int32_t, std::int64_t> sums;
    for (std::uint64_t i = 0; i < payments; ++i) {
      const payment each = payment_of(i);
      lines.push_back(std::to_string(each.account) + "," + std::to_string(sums[each.account] += each.amount));
    }
    std::sort(lines.begin(), lines.end());
    return lines;
  }
  static std::vector<std::string> rows_of(const std::string& path) {
    std::ifstream file(path);
    std::vector<std::string> lines;
    for (std::string line; std::getline(file, line);) lines.push_back(line);
    if (!lines.empty()) lines.erase(lines.begin());
    std::sort(lines.begin(), lines.end());
    return lines;
  }

  temporary_directory directory_;
};

TEST_F(stored_jobs, go_on_where_they_were_stopped) {
  const std::string out = directory_ / "out.csv";
  const job totals = totals_job(out);
  run_options run = options();
  std::uint64_t checkpoints = 0;
  for (const std::size_t slots : {2u, 1u, 4u, 3u}) {
    run.slots = slots;
    run.state.backend = slots == 4 ? state_backend::heap : state_backend::rocksdb;
    job_handle handle = totals.start(run);
    while (handle.running() && handle.metrics().checkpoints_completed < 3) std::this_thread::sleep_for(1ms);
    handle.stop();
    checkpoints += handle.wait().checkpoints_completed;
  }
  run.state.backend = state_backend::rocksdb;
  const job_report report = totals.run(run);
  EXPECT_GT(checkpoints, 8u);
  EXPECT_FALSE(report.stopped);
  EXPECT_TRUE(rows_of(out) == expected()) << "the rows are not those of a loop over the payments";
  EXPECT_EQ(names_in(directory_ / "checkpoints/working"), std::vector<std::string>{});
}

TEST_F(stored_jobs, go_on_from_a_savepoint_alone) {
  const std::string out = directory_ / "out.csv";
  const job totals = totals_job(out);
  run_options run = options();
  job_handle handle = totals.start(run);
  while (handle.running() && handle.metrics().checkpoints_completed < 3) std::this_thread::sleep_for(1ms);
  handle.stop_with_savepoint(directory_ / "taken");
  EXPECT_TRUE(handle.wait().stopped);
  std::filesystem::remove_all(run.checkpoints.directory);
  std::filesystem::rename(directory_ / "taken", directory_ / "moved");
  EXPECT_FALSE(names_in(directory_ / "moved/shared").empty());
  run.restore = directory_ / "moved";
  run.checkpoints.directory = directory_ / "others";
  run.slots = 3;
  totals.run(run);
  EXPECT_TRUE(rows_of(out) == expected()) << "the rows are not those of a loop over the payments";
}

TEST_F(stored_jobs, go_on_with_newer_code) {
  for (const auto& [before, after] : {std::pair(state_backend::rocksdb, state_backend::rocksdb),
                                      std::pair(state_backend::rocksdb, state_backend::heap),
                                      std::pair(state_backend::heap, state_backend::rocksdb)}) {
    const temporary_directory folder;
    run_options run = options();
    run.checkpoints.directory = folder / "checkpoints";
    run.state.backend = before;
    job_handle handle = totals_job(folder / "out.csv").start(run);
    while (handle.running() && handle.metrics().checkpoints_completed < 2) std::this_thread::sleep_for(1ms);
    handle.stop();
    ASSERT_TRUE(handle.wait().stopped);
    run.state.backend = after;
    run.slots = 3;
    totals_job<counted_totals>(folder / "out.csv").run(run);
    EXPECT_TRUE(rows_of(folder / "out.csv") == expected()) << "the rows are not those of a loop over the payments";
  }
}

TEST_F(stored_jobs, leave_out_a_checkpoint_whose_table_is_missing) {
  const std::string out = directory_ / "out.csv";
  run_options run = options();
  run.checkpoints.interval = 1h;  // only those with which it stops, so that sums have changed between them
  const job slow = totals_job(out, 50'000);
  for (int stop = 0; stop < 2; ++stop) {
    job_handle handle = slow.start(run);
    while (handle.running() && handle.metrics().find("totals")->records_in == 0) std::this_thread::sleep_for(1ms);
    handle.stop();
    ASSERT_TRUE(handle.wait().stopped);
  }
  posix_storage disk;
  const std::string checkpoints = directory_ / "checkpoints";
  const auto ids = complete_snapshots(disk, checkpoints);
  ASSERT_EQ(ids.size(), 2u);
  const std::set<std::string> newest = detail::shared_files_of(disk, snapshot_directory(checkpoints, ids[0]));
  const std::set<std::string> older = detail::shared_files_of(disk, snapshot_directory(checkpoints, ids[1]));
  std::vector<std::string> only_newest;
  std::set_difference(newest.begin(), newest.end(), older.begin(), older.end(), std::back_inserter(only_newest));
  ASSERT_FALSE(only_newest.empty());
  std::filesystem::resize_file(checkpoints + "/shared/" + only_newest[0], 17);
  const job_report report = totals_job(out).run(run);
  EXPECT_TRUE(rows_of(out) == expected()) << "the rows are not those of a loop over the payments";
  EXPECT_THAT(::testing::PrintToString(report.notes), HasSubstr("has 17 bytes instead of"));
}

TEST_F(stored_jobs, are_told_what_they_lack) {
  const auto refusal = [&](const run_options& run) {
    try {
      totals_job(directory_ / "out.csv").run(run);
    } catch (const error& cause) {
      return std::string(cause.what());
    }
    return std::string("it ran");
  };
  run_options nowhere = options();
  nowhere.checkpoints = {};
  nowhere.restore = {};
  EXPECT_THAT(refusal(nowhere),
              AllOf(HasSubstr("job 'totals'"), HasSubstr("--checkpoint-dir"), HasSubstr("--state-dir")));

  posix_storage disk;
  disk.create_directories(directory_ / "state");
  const auto held = disk.lock(directory_ / "state/LOCK");
  run_options taken = options();
  taken.state.directory = directory_ / "state";
  EXPECT_THAT(refusal(taken), HasSubstr("is locked"));
}

/// Keeps a text of a hundred bytes for every account.
struct long_memory {
  BOOST_HANA_DEFINE_STRUCT(long_memory, (value_state<std::int64_t>, sum), (value_state<std::string>, text));
  using output_type = total;
  void process(const payment& each, process_context<std::int32_t>& context, collector<total>& out) {
    sum = sum.value_or(0) + each.amount;
    text = std::string(100, 'x');
    out(total{context.key(), *sum});
  }
};

TEST_F(stored_jobs, keep_to_a_memory_budget_that_the_heap_would_pass) {
  constexpr std::uint64_t count = 300'000;
  const auto make = [](std::uint64_t i) {
    return payment{static_cast<std::int32_t>(i * 7919 % (count / 2)), static_cast<std::int64_t>(i % 1000)};
  };
  std::int64_t sum = 0;
  const job under_test("accounts", from<"payments">(generate(make, bounded(count))) | key_by(&payment::account) |
                                       process<"accounts">(long_memory{}) |
                                       map([](const total& each) { return each.sum; }) |
                                       to<"sum">(reduce_into(sum, std::int64_t{0}, std::plus<std::int64_t>{})));
  run_options with;
  with.slots = 2;
  with.memory = std::size_t{16} << 20;
  with.state.directory = directory_ / "state";
  EXPECT_THROW(under_test.run(with), error);

  with.state.backend = state_backend::rocksdb;
  sum = 0;
  const job_report report = under_test.run(with);
  EXPECT_LT(report.find("accounts")->state_bytes, std::size_t{8} << 20);
  std::int64_t expected = 0;
  std::map<std::int32_t, std::int64_t> sums;
  for (std::uint64_t i = 0; i < count; ++i) expected += sums[make(i).account] += make(i).amount;
  EXPECT_EQ(sum, expected);
}

TEST_F(stored_jobs, run_without_checkpoints_in_a_directory_for_state) {
  run_options run = options();
  run.checkpoints = {};
  run.restore = {};
  run.state.directory = directory_ / "state";
  totals_job(directory_ / "out.csv").run(run);
  EXPECT_TRUE(rows_of(directory_ / "out.csv") == expected()) << "the rows are not those of a loop over the payments";
  EXPECT_EQ(names_in(directory_ / "state"), std::vector<std::string>{"LOCK"});
}

}  // namespace
}  // namespace weir::testing
