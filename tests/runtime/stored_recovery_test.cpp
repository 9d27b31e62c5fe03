// Jobs whose rows lie in a row store, under the simulator: processes die, the disk fails, and while a store prepares a
// snapshot rows are changed, made, emptied and put out.
#include <gtest/gtest.h>

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "tests/runtime/map_row_store.hpp"
#include "weir/connectors/csv.hpp"
#include "weir/testkit/exactly_once.hpp"
#include "weir/weir.hpp"

namespace weir::testing {
namespace {

constexpr std::uint64_t runs = 150;

map_row_store_options options_of_stores;  // set before the jobs run

const detail::rocksdb_registration registration{
    [](const detail::row_stores_description&) -> std::unique_ptr<detail::row_stores> {
      return std::make_unique<map_row_stores>(options_of_stores);
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
  // A subtask asks a store up to 64 times between two batches.
  options_of_stores = {.cache_bytes = cache_bytes, .prepared_in = 2000};
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
