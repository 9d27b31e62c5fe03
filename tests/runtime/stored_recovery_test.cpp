// Jobs whose rows lie in a row store, under the simulator: processes die, the disk fails, and between the slices of a
// snapshot rows are changed, made, emptied and put out. The store is a std::map in the place of RocksDB, which does its
// own input and output.
#include <gtest/gtest.h>

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "weir/connectors/csv.hpp"
#include "weir/core/codec.hpp"
#include "weir/state/row_store.hpp"
#include "weir/state/shared_files.hpp"
#include "weir/testkit/exactly_once.hpp"
#include "weir/weir.hpp"

namespace weir::testing {
namespace {

constexpr std::uint64_t runs = 150;

/// Of all stores; set before the jobs run.
std::size_t cache_bytes_of_stores = 0;

class map_row_store final : public detail::row_store {
 public:
  std::size_t cache_bytes() const noexcept override { return cache_bytes_of_stores; }

  void read(std::span<const std::string_view> keys, const found_visitor& found) override {
    for (std::size_t i = 0; i < keys.size(); ++i) {
      const std::string key(keys[i]);
      EXPECT_FALSE(pending_.contains(key)) << "a row is asked for that was put and not written";
      const auto row = rows_.find(key);
      if (row != rows_.end()) found(i, row->second);
    }
  }
  void put(std::string_view key, std::string_view row) override {
    pending_.insert_or_assign(std::string(key), std::string(row));
  }
  void erase(std::string_view key) override { pending_.insert_or_assign(std::string(key), std::nullopt); }
  void write() override {
    for (auto& [key, row] : pending_) {
      if (row) rows_.insert_or_assign(key, std::move(*row));
      if (!row) rows_.erase(key);
    }
    pending_.clear();
  }
  void scan(key_group_range groups, const row_visitor& visit) override {
    write();
    for (const auto& [key, row] : rows_) {
      if (groups.contains(detail::row_group_of(key))) visit(key, row);
    }
  }

  /// Takes its time: a subtask asks some sixty times between two batches.
  bool prepare_snapshot() override {
    write();
    return random_() % 2000 == 0;
  }
  std::string snapshot() override {
    write();
    detail::row_store_files files;
    files.format = detail::row_store_files::format_now;
    files.contents.assign(rows_.begin(), rows_.end());
    std::string part;
    encode(files, part);
    return part;
  }
  void restore(std::string_view part, const std::string& directory, key_group_range groups) override {
    for (auto& [key, row] : detail::read_row_store_files(part, directory).contents) {
      if (groups.contains(detail::row_group_of(key))) rows_.emplace(std::move(key), std::move(row));
    }
  }

 private:
  std::map<std::string, std::string> rows_;
  std::map<std::string, std::optional<std::string>> pending_;
  std::mt19937 random_{1};
};

class map_row_stores final : public detail::row_stores {
 public:
  bool keeps_rows() const noexcept override { return true; }
  std::unique_ptr<detail::row_store> open(detail::row_store_description) override {
    return std::make_unique<map_row_store>();
  }
  void scan_part(std::string_view part, const std::string& directory, key_group_range groups,
                 const detail::row_store::row_visitor& visit) override {
    for (const auto& [key, row] : detail::read_row_store_files(part, directory).contents) {
      if (groups.contains(detail::row_group_of(key))) visit(key, row);
    }
  }
};

const detail::rocksdb_registration registration{
    [](const detail::row_stores_description&) -> std::unique_ptr<detail::row_stores> {
      return std::make_unique<map_row_stores>();
    }};

struct payment {
  BOOST_HANA_DEFINE_STRUCT(payment, (std::string, account), (std::int64_t, cents));
};

/// Counts the payments of an account, and begins anew behind the seventh: the row is empty then.
struct counting {
  BOOST_HANA_DEFINE_STRUCT(counting, (value_state<std::int64_t>, count), (list_state<std::int64_t>, cents));
  using output_type = payment;
  void process(const payment& each, process_context<std::string>&, collector<payment>& out) {
    count = count.value_or(0) + 1;
    cents.add(each.cents);
    std::int64_t sum = 0;
    for (const std::int64_t one : cents.get()) sum += one;
    out(payment{each.account + "/" + std::to_string(*count), sum});
    if (*count < 7) return;
    count.clear();
    cents.clear();
  }
};

constexpr int payments = 3000;
constexpr std::size_t accounts = 400;

/// Of eight key groups, so that what changes during a snapshot soon takes all the room that there is for one.
std::vector<std::string> drawn_accounts() {
  std::vector<std::string> drawn;
  for (int i = 0; drawn.size() < accounts; ++i) {
    const std::string account = "account-" + std::to_string(i);
    if (key_group_of(stable_hash(account)) % 16 == 0) drawn.push_back(account);
  }
  return drawn;
}

/// The payments, and the lines that must come of them.
job_files drawn_payments() {
  const std::vector<std::string> drawn = drawn_accounts();
  std::mt19937 random(5);
  std::string text = "account,cents\n";
  std::vector<std::string> lines{"account,cents"};
  std::map<std::string, std::vector<std::int64_t>> open;
  std::map<std::string, std::int64_t> sums;
  for (int i = 0; i < payments; ++i) {
    const std::string& account = drawn[random() % accounts];
    const std::int64_t cents = static_cast<std::int64_t>(random() % 1000);
    text += account + "," + std::to_string(cents) + "\n";
    std::vector<std::int64_t>& held = open[account];
    held.push_back(cents);
    std::int64_t sum = 0;
    for (const std::int64_t one : held) sum += one;
    const std::string counted = account + "/" + std::to_string(held.size());
    lines.push_back(counted + "," + std::to_string(sums[counted] += sum));
    if (held.size() == 7) held.clear();
  }
  return job_files().given("payments.csv", text).expect("out.csv", lines);
}

/// Rows of a process function, and of a rolling sum behind it.
job payments_job() {
  return job("payments", from<"payments">(csv<payment>("payments.csv")) | key_by(&payment::account) |
                             process<"counted">(counting{}) | key_by(&payment::account) |
                             rolling<"sums">(sum(&payment::cents)) | to<"out">(csv("out.csv")));
}

void expect_exactly_once(std::size_t cache_bytes) {
  cache_bytes_of_stores = cache_bytes;
  seeds drawn(runs);
  drawn.options.state = {.backend = state_backend::rocksdb, .directory = std::string(simulated_checkpoints) + "/rows"};
  const exactly_once_report report = check_exactly_once(payments_job(), drawn_payments(), drawn);
  ASSERT_TRUE(report.holds()) << report.problem;
  if (report.runs < 100) return;
  EXPECT_GT(report.events.restores, report.runs / 2);
  EXPECT_GT(report.events.rescales, report.runs / 8);
}

TEST(stored_recovery, without_room_for_rows) { expect_exactly_once(0); }
TEST(stored_recovery, with_room_for_some_rows) { expect_exactly_once(60'000); }
TEST(stored_recovery, with_room_for_all_rows) { expect_exactly_once(std::size_t{64} << 20); }

}  // namespace
}  // namespace weir::testing
