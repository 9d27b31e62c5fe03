// A job that crashes loses nothing and counts nothing twice: under the simulator, whose process dies at any decision and
// within any call of the disk, the one result file is that of a plain loop over the input.
#include <gtest/gtest.h>

#include <algorithm>
#include <iterator>
#include <map>
#include <string>
#include <vector>

#include "weir/connectors/csv.hpp"
#include "weir/testkit/memory_storage.hpp"
#include "weir/testkit/simulator.hpp"
#include "weir/weir.hpp"

namespace weir::testing {
namespace {

using namespace std::chrono_literals;

struct payment {
  BOOST_HANA_DEFINE_STRUCT(payment, (std::int32_t, account), (std::int64_t, amount), (timestamp, at));
};

struct total {
  BOOST_HANA_DEFINE_STRUCT(total, (std::int32_t, account), (std::int64_t, sum), (std::int64_t, count));
};

constexpr std::int32_t accounts = 23;
constexpr std::int64_t payments = 1200;
constexpr std::uint64_t seeds = 1'000;

std::vector<payment> make_payments() {
  std::vector<payment> made;
  std::uint64_t state = 42;
  for (std::int64_t i = 0; i < payments; ++i) {
    state = state * 6364136223846793005ULL + 1442695040888963407ULL;
    made.push_back({static_cast<std::int32_t>((state >> 33) % accounts), static_cast<std::int64_t>((state >> 40) % 1000),
                    from_epoch_ms(i * 10)});
  }
  return made;
}

/// Sums up by account; a second after an account's first payment since its last report it reports and forgets.
struct reporter {
  BOOST_HANA_DEFINE_STRUCT(reporter, (value_state<std::int64_t>, sum), (list_state<std::int64_t>, amounts));
  using output_type = total;

  void process(const payment& each, process_context<std::int32_t>& context, collector<total>&) {
    if (!sum.has_value()) context.register_event_time_timer(each.at + 1s);
    sum = sum.value_or(0) + each.amount;
    amounts.add(each.amount);
  }
  void on_timer(timestamp, process_context<std::int32_t>& context, collector<total>& out) {
    out(total{context.key(), *sum, static_cast<std::int64_t>(amounts.get().size())});
    sum.clear();
    amounts.clear();
  }
};

std::vector<std::string> sorted_lines(const std::string& text) {
  std::vector<std::string> lines;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = text.find('\n', at);
    lines.push_back(text.substr(at, end - at));
    at = end + 1;
  }
  if (!lines.empty()) std::sort(lines.begin() + 1, lines.end());  // the header stays first
  return lines;
}

/// The lines of `all` that `some` has not; both sorted.
std::vector<std::string> difference(const std::vector<std::string>& all, const std::vector<std::string>& some) {
  std::vector<std::string> left;
  std::set_difference(all.begin() + 1, all.end(), some.begin() + 1, some.end(), std::back_inserter(left));
  return left;
}

class recovery : public ::testing::Test {
 protected:
  recovery() {
    text_ = "account,amount,at\n";
    for (const payment& each : payments_) {
      text_ += std::to_string(each.account) + "," + std::to_string(each.amount) + "," + std::to_string(epoch_ms(each.at)) +
               "\n";
    }
  }

  auto source() const {
    return from<"payments">(csv<payment>("payments.csv").split_bytes(4000), event_time(&payment::at, ascending()));
  }

  /// Runs the job under every seed and compares the file "out.csv" with `expected`. `slots_after_crash_max` 0: as many
  /// as before.
  void expect_exactly_once(const job& under_test, std::vector<std::string> expected,
                           std::size_t slots_after_crash_max = 4) {
    std::sort(expected.begin() + 1, expected.end());
    simulation_events met;
    for (std::uint64_t seed = 0; seed < seeds; ++seed) {
      memory_storage disk;
      disk.write("payments.csv", text_);
      const auto report = simulate(under_test, {.seed = seed,
                                                .slots = 1 + seed % 3,
                                                .storage = &disk,
                                                .crashes_max = 5,
                                                .slots_after_crash_max = slots_after_crash_max});
      const std::vector<std::string> found = sorted_lines(disk.read("out.csv"));
      ASSERT_EQ(difference(expected, found), std::vector<std::string>{})
          << "missing, seed " << seed << ", " << report.events.crashes << " crashes";
      ASSERT_EQ(difference(found, expected), std::vector<std::string>{})
          << "too many, seed " << seed << ", " << report.events.crashes << " crashes";
      for (const std::string& path : disk.paths()) {
        EXPECT_EQ(path.find(".part"), std::string::npos) << path << " is left over, seed " << seed;
      }
      met.checkpoints += report.events.checkpoints;
      met.crashes += report.events.crashes;
      met.crashes_in_storage += report.events.crashes_in_storage;
      met.crashes_in_checkpoint += report.events.crashes_in_checkpoint;
      met.restores += report.events.restores;
      met.rescales += report.events.rescales;
    }
    // The shortest of these jobs ends before many of the crashes that are planned for it.
    EXPECT_GT(met.checkpoints, seeds);
    EXPECT_GT(met.crashes, seeds / 2);
    EXPECT_GT(met.crashes_in_storage, seeds / 4);
    EXPECT_GT(met.crashes_in_checkpoint, seeds / 50);
    EXPECT_GT(met.restores, seeds / 10);
    if (slots_after_crash_max > 0) {
      EXPECT_GT(met.rescales, seeds / 20);
    }
  }

  const std::vector<payment> payments_ = make_payments();
  std::string text_;
};

TEST_F(recovery, of_stateless_operators) {
  const job under_test("stateless", source() | filter([](const payment& each) { return each.amount % 2 == 0; }) |
                                        map([](const payment& each) { return total{each.account, each.amount, 1}; }) |
                                        to<"out">(csv("out.csv")));
  std::vector<std::string> expected{"account,sum,count"};
  for (const payment& each : payments_) {
    if (each.amount % 2 == 0) expected.push_back(std::to_string(each.account) + "," + std::to_string(each.amount) + ",1");
  }
  expect_exactly_once(under_test, expected);
}

TEST_F(recovery, of_windows) {
  const job under_test("windows", source() | key_by(&payment::account) | window(tumbling(500ms)) |
                                      aggregate<"totals">(sum(&payment::amount), count()) |
                                      map([](const auto& window) {
                                        return total{window.key, std::get<0>(window.value), std::get<1>(window.value)};
                                      }) |
                                      to<"out">(csv("out.csv")));
  std::map<std::pair<std::int32_t, std::int64_t>, total> windows;
  for (const payment& each : payments_) {
    total& window = windows.try_emplace({each.account, epoch_ms(each.at) / 500}, total{each.account, 0, 0}).first->second;
    window.sum += each.amount;
    ++window.count;
  }
  std::vector<std::string> expected{"account,sum,count"};
  for (const auto& [key, window] : windows) {
    expected.push_back(std::to_string(window.account) + "," + std::to_string(window.sum) + "," +
                       std::to_string(window.count));
  }
  expect_exactly_once(under_test, expected);
  expect_exactly_once(under_test, expected, 0);  // every subtask then goes on with its own split and its own event time
}

TEST_F(recovery, of_process_functions_with_timers) {
  const job under_test("reports", from<"payments">(csv<payment>("payments.csv").single_split(),
                                                   event_time(&payment::at, ascending()).watermark_interval(1)) |
                                      key_by(&payment::account) | process<"reports">(reporter{}) |
                                      to<"out">(csv("out.csv")));
  std::map<std::int32_t, std::pair<timestamp, total>> open;
  std::vector<std::string> expected{"account,sum,count"};
  const auto report = [&](const total& each) {
    expected.push_back(std::to_string(each.account) + "," + std::to_string(each.sum) + "," + std::to_string(each.count));
  };
  for (const payment& each : payments_) {
    // The watermark before a record is a millisecond below the time of the one before it.
    const timestamp watermark = each.at - 11ms;
    for (auto account = open.begin(); account != open.end();) {
      if (account->second.first <= watermark) {
        report(account->second.second);
        account = open.erase(account);
      } else {
        ++account;
      }
    }
    auto& [due, sums] = open.try_emplace(each.account, each.at + 1s, total{each.account, 0, 0}).first->second;
    sums.sum += each.amount;
    ++sums.count;
  }
  for (const auto& [account, waiting] : open) report(waiting.second);
  expect_exactly_once(under_test, expected);
}

TEST_F(recovery, of_running_totals) {
  const job under_test(
      "running", from<"payments">(csv<payment>("payments.csv").single_split()) | map([](const payment& each) { return total{each.account, each.amount, 1}; }) |
                     key_by(&total::account) | reduce<"running">([](const total& so_far, const total& next) {
                       return total{so_far.account, so_far.sum + next.sum, so_far.count + next.count};
                     }) |
                     to<"out">(csv("out.csv")));
  std::map<std::int32_t, total> running;
  std::vector<std::string> expected{"account,sum,count"};
  for (const payment& each : payments_) {
    total& sums = running.try_emplace(each.account, total{each.account, 0, 0}).first->second;
    sums.sum += each.amount;
    ++sums.count;
    expected.push_back(std::to_string(sums.account) + "," + std::to_string(sums.sum) + "," + std::to_string(sums.count));
  }
  expect_exactly_once(under_test, expected);
}

}  // namespace
}  // namespace weir::testing
