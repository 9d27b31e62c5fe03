// Savepoints under the simulator: asked for at any moment, while the process may die at any other, they change no
// result; and a job that is restored from one, in another number of slots and with crashes of its own, gives the
// results of a plain loop.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "weir/connectors/csv.hpp"
#include "weir/state/snapshot_store.hpp"
#include "weir/testkit/memory_storage.hpp"
#include "weir/testkit/simulator.hpp"
#include "weir/weir.hpp"

namespace weir::testing {
namespace {

struct payment {
  BOOST_HANA_DEFINE_STRUCT(payment, (std::int32_t, account), (std::int64_t, amount));
};
struct balance {
  BOOST_HANA_DEFINE_STRUCT(balance, (std::int32_t, account), (std::int64_t, sum));
};
struct adding {
  BOOST_HANA_DEFINE_STRUCT(adding, (value_state<std::int64_t>, sum));
  using output_type = balance;
  void process(const payment& each, process_context<std::int32_t>& context, collector<balance>& out) {
    sum = sum.value_or(0) + each.amount;
    out(balance{context.key(), *sum});
  }
};

constexpr std::int64_t payments = 1200;
constexpr std::int32_t accounts = 23;
constexpr std::uint64_t seeds = 250;

class simulated_savepoints : public ::testing::Test {
 protected:
  simulated_savepoints() {
    std::map<std::int32_t, std::int64_t> sums;
    for (std::int64_t i = 0; i < payments; ++i) {
      const auto account = static_cast<std::int32_t>(i * i % accounts);
      input_ += std::to_string(account) + "," + std::to_string(i % 97) + "\n";
      expected_.push_back(std::to_string(account) + "," + std::to_string(sums[account] += i % 97));
    }
    expected_.push_back("account,sum");
    std::sort(expected_.begin(), expected_.end());
  }

  static std::vector<std::string> sorted_lines(const std::string& text) {
    std::vector<std::string> lines;
    for (std::size_t at = 0; at < text.size();) {
      const std::size_t end = text.find('\n', at);
      lines.push_back(text.substr(at, end - at));
      at = end + 1;
    }
    std::sort(lines.begin(), lines.end());
    return lines;
  }

  /// The files of the job as they are now, and the savepoint where a job looks for its newest checkpoint.
  void copy_for_restore(const memory_storage& from, std::uint64_t id, memory_storage& to) const {
    to.write("payments.csv", input_);  // first, so that it is as old as the one that was read
    const std::string savepoint = "savepoint/";
    for (const std::string& path : from.paths()) {
      if (path.starts_with(".out.csv") || path == "out.csv") to.write(path, from.read(path));
      if (!path.starts_with(savepoint)) continue;
      to.write(snapshot_directory("checkpoints-of-the-simulation", id) + "/" + path.substr(savepoint.size()),
               from.read(path));
    }
  }

  std::string input_ = "account,amount\n";
  std::vector<std::string> expected_;
};

TEST_F(simulated_savepoints, change_no_result_and_can_be_gone_on_from) {
  // One split: the sums of an account depend on the order of its payments.
  const job under_test("balances", from<"payments">(csv<payment>("payments.csv").single_split()) |
                                       key_by(&payment::account) | process<"balances">(adding{}) |
                                       to<"out">(csv("out.csv")));
  std::uint64_t taken = 0;
  std::uint64_t restored = 0;
  for (std::uint64_t seed = 0; seed < seeds; ++seed) {
    memory_storage disk;
    memory_storage later;
    bool complete = false;
    disk.write("payments.csv", input_);
    simulate(under_test, {.seed = seed,
                          .slots = 2,
                          .storage = &disk,
                          .crashes_max = 2,
                          .slots_after_crash_max = 3,
                          .savepoint_after = 1 + seed * 37 % 1500,
                          .on_savepoint = [&](const savepoint_report& report) {
                            complete = true;
                            copy_for_restore(disk, report.id, later);
                          }});
    ASSERT_EQ(sorted_lines(disk.read("out.csv")), expected_) << "seed " << seed;
    if (!complete) continue;
    ++taken;
    const std::size_t slots = 1 + seed % 8;
    const auto report =
        simulate(under_test, {.seed = seed + seeds, .slots = slots, .storage = &later, .crashes_max = 1});
    ASSERT_EQ(sorted_lines(later.read("out.csv")), expected_) << "restored in " << slots << " slots, seed " << seed;
    if (report.events.restores > 0) ++restored;
  }
  EXPECT_GT(taken, seeds / 4);
  EXPECT_GT(restored, taken * 9 / 10);
}

}  // namespace
}  // namespace weir::testing
