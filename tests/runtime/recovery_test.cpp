// A job that fails loses nothing and counts nothing twice: under the simulator, whose processes die, whose disk fails and
// whose functions throw, the result files are those of plain loops over the input.
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <limits>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "weir/connectors/csv.hpp"
#include "weir/testkit/exactly_once.hpp"
#include "weir/testkit/fault_point.hpp"
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

/// So many payments, 10 ms apart; with `jitter` up to so many milliseconds earlier than in order.
std::vector<payment> make_payments(std::int64_t count, std::int64_t jitter_ms = 0) {
  std::vector<payment> made;
  std::uint64_t state = 42;
  for (std::int64_t i = 0; i < count; ++i) {
    state = state * 6364136223846793005ULL + 1442695040888963407ULL;
    const std::int64_t early = jitter_ms == 0 ? 0 : static_cast<std::int64_t>((state >> 20) % 1000) * jitter_ms / 1000;
    made.push_back({static_cast<std::int32_t>((state >> 33) % accounts), static_cast<std::int64_t>((state >> 40) % 1000),
                    from_epoch_ms(std::max<std::int64_t>(0, i * 10 - early))});
  }
  return made;
}

std::string csv_of(const std::vector<payment>& payments) {
  std::string text = "account,amount,at\n";
  for (const payment& each : payments) {
    text += std::to_string(each.account) + "," + std::to_string(each.amount) + "," + std::to_string(epoch_ms(each.at)) +
            "\n";
  }
  return text;
}

std::string row_of(const total& each) {
  return std::to_string(each.account) + "," + std::to_string(each.sum) + "," + std::to_string(each.count);
}

/// The file "out.csv" with these rows.
std::vector<std::string> rows_of(const std::vector<total>& totals) {
  std::vector<std::string> rows{"account,sum,count"};
  for (const total& each : totals) rows.push_back(row_of(each));
  return rows;
}

/// Sums up by account; a second after an account's first payment since its last report it reports and forgets.
struct reporter {
  BOOST_HANA_DEFINE_STRUCT(reporter, (value_state<std::int64_t>, sum), (list_state<std::int64_t>, amounts));
  using output_type = total;

  void process(const payment& each, process_context<std::int32_t>& context, collector<total>&) {
    fault_point();
    if (!sum.has_value()) context.register_event_time_timer(each.at + 1s);
    sum = sum.value_or(0) + each.amount;
    amounts.add(each.amount);
  }
  void on_timer(timestamp, process_context<std::int32_t>& context, collector<total>& out) {
    fault_point();
    out(total{context.key(), *sum, static_cast<std::int64_t>(amounts.get().size())});
    sum.clear();
    amounts.clear();
  }
};

// ---- the jobs, and what they must write -----------------------------------------------------------------------------

auto several_splits(std::uint64_t split_bytes = 4000) {
  return from<"payments">(csv<payment>("payments.csv").split_bytes(split_bytes), event_time(&payment::at, ascending()));
}

job stateless_job() {
  return job("stateless", several_splits() | filter([](const payment& each) {
                            fault_point();
                            return each.amount % 2 == 0;
                          }) | map([](const payment& each) { return total{each.account, each.amount, 1}; }) |
                              to<"out">(csv("out.csv")));
}

std::vector<std::string> stateless_rows(const std::vector<payment>& payments) {
  std::vector<total> expected;
  for (const payment& each : payments) {
    if (each.amount % 2 == 0) expected.push_back({each.account, each.amount, 1});
  }
  return rows_of(expected);
}

job windows_job(std::uint64_t split_bytes = 4000) {
  return job("windows", several_splits(split_bytes) | key_by(&payment::account) | window(tumbling(500ms)) |
                            aggregate<"totals">(sum(&payment::amount), count()) | map([](const auto& window) {
                              fault_point();
                              return total{window.key, std::get<0>(window.value), std::get<1>(window.value)};
                            }) |
                            to<"out">(csv("out.csv")));
}

std::vector<std::string> window_rows(const std::vector<payment>& payments) {
  std::map<std::pair<std::int32_t, std::int64_t>, total> windows;
  for (const payment& each : payments) {
    total& window = windows.try_emplace({each.account, epoch_ms(each.at) / 500}, total{each.account, 0, 0}).first->second;
    window.sum += each.amount;
    ++window.count;
  }
  std::vector<total> expected;
  for (const auto& [key, window] : windows) expected.push_back(window);
  return rows_of(expected);
}

/// Slices are shared by three or four windows, and records come behind the watermark into slices of windows that are
/// still open.
constexpr std::int64_t sliding_size = 700;
constexpr std::int64_t sliding_slide = 200;
constexpr std::uint64_t sliding_interval = 4;

template <class... Aggregates>
job sliding_job(Aggregates... aggregates) {
  return job("sliding", from<"payments">(csv<payment>("payments.csv").single_split(),
                                         event_time(&payment::at, out_of_orderness(100ms)).watermark_interval(sliding_interval)) |
                            key_by(&payment::account) |
                            window(sliding(std::chrono::milliseconds(sliding_size), std::chrono::milliseconds(sliding_slide))) |
                            aggregate<"totals">(aggregates...) | map([](const auto& window) {
                              fault_point();
                              return total{window.key, std::get<0>(window.value), std::get<1>(window.value)};
                            }) |
                            to<"out">(csv("out.csv")));
}

/// Every payment in every window that contains it and is open; `combine(held, amount)` makes the first column.
template <class Combine>
std::vector<std::string> sliding_rows(const std::vector<payment>& payments, Combine combine) {
  std::map<std::pair<std::int64_t, std::int32_t>, total> windows;
  std::int64_t watermark = std::numeric_limits<std::int64_t>::min();
  std::int64_t latest = 0;
  std::uint64_t since_watermark = 0;
  for (const payment& each : payments) {
    const std::int64_t at = epoch_ms(each.at);
    for (std::int64_t start = at / sliding_slide * sliding_slide; start > at - sliding_size; start -= sliding_slide) {
      if (start + sliding_size - 1 <= watermark) continue;
      const auto [window, is_new] = windows.try_emplace({start, each.account}, total{each.account, each.amount, 0});
      if (!is_new) window->second.sum = combine(window->second.sum, each.amount);
      ++window->second.count;
    }
    latest = std::max(latest, at);
    if (++since_watermark == sliding_interval) {
      watermark = latest - 100 - 1;
      since_watermark = 0;
    }
  }
  std::vector<total> expected;
  for (const auto& [key, window] : windows) expected.push_back(window);
  return rows_of(expected);
}

std::int64_t larger_of(std::int64_t left, std::int64_t right) { return std::max(left, right); }

job reports_job() {
  return job("reports", from<"payments">(csv<payment>("payments.csv").single_split(),
                                         event_time(&payment::at, ascending()).watermark_interval(1)) |
                            key_by(&payment::account) | process<"reports">(reporter{}) | to<"out">(csv("out.csv")));
}

std::vector<std::string> report_rows(const std::vector<payment>& payments) {
  std::map<std::int32_t, std::pair<timestamp, total>> open;
  std::vector<total> expected;
  for (const payment& each : payments) {
    // The watermark before a record is a millisecond below the time of the one before it.
    const timestamp watermark = each.at - 11ms;
    for (auto account = open.begin(); account != open.end();) {
      if (account->second.first <= watermark) {
        expected.push_back(account->second.second);
        account = open.erase(account);
      } else {
        ++account;
      }
    }
    auto& [due, sums] = open.try_emplace(each.account, each.at + 1s, total{each.account, 0, 0}).first->second;
    sums.sum += each.amount;
    ++sums.count;
  }
  for (const auto& [account, waiting] : open) expected.push_back(waiting.second);
  return rows_of(expected);
}

job running_job() {
  return job("running", from<"payments">(csv<payment>("payments.csv").single_split()) |
                            map([](const payment& each) { return total{each.account, each.amount, 1}; }) |
                            key_by(&total::account) | reduce<"running">([](const total& so_far, const total& next) {
                              fault_point();
                              return total{so_far.account, so_far.sum + next.sum, so_far.count + next.count};
                            }) |
                            to<"out">(csv("out.csv")));
}

std::vector<std::string> running_rows(const std::vector<payment>& payments) {
  std::map<std::int32_t, total> running;
  std::vector<total> expected;
  for (const payment& each : payments) {
    total& sums = running.try_emplace(each.account, total{each.account, 0, 0}).first->second;
    sums.sum += each.amount;
    ++sums.count;
    expected.push_back(sums);
  }
  return rows_of(expected);
}

constexpr std::int64_t late_interval = 5;  // records between watermarks

/// Payments out of order, by more than the source allows: some are late, and which, depends on event time alone.
job late_job() {
  auto [totals, late] =
      from<"payments">(csv<payment>("payments.csv").single_split(),
                       event_time(&payment::at, out_of_orderness(100ms)).watermark_interval(late_interval)) |
      key_by(&payment::account) | window(tumbling(200ms)) | aggregate<"totals">(sum(&payment::amount), count()) |
      split<"late">();
  return job("late", std::move(totals) | map([](const auto& window) {
                       return total{window.key, std::get<0>(window.value), std::get<1>(window.value)};
                     }) | to<"out">(csv("out.csv")),
             std::move(late) | map([](const payment& each) {
               fault_point();
               return total{each.account, each.amount, 1};
             }) | to<"late">(csv("late.csv")));
}

/// The rows in time and those that are late.
std::pair<std::vector<std::string>, std::vector<std::string>> late_rows(const std::vector<payment>& payments) {
  std::map<std::pair<std::int32_t, std::int64_t>, total> windows;
  std::vector<total> late;
  std::int64_t watermark = std::numeric_limits<std::int64_t>::min();
  std::int64_t latest = 0;
  std::int64_t since_watermark = 0;
  for (const payment& each : payments) {
    const std::int64_t at = epoch_ms(each.at);
    const std::int64_t last_of_window = at / 200 * 200 + 199;
    if (last_of_window <= watermark) {
      late.push_back({each.account, each.amount, 1});
    } else {
      total& window = windows.try_emplace({each.account, at / 200}, total{each.account, 0, 0}).first->second;
      window.sum += each.amount;
      ++window.count;
    }
    latest = std::max(latest, at);
    if (++since_watermark == late_interval) {
      watermark = latest - 100 - 1;
      since_watermark = 0;
    }
  }
  std::vector<total> in_time;
  for (const auto& [key, window] : windows) in_time.push_back(window);
  return {rows_of(in_time), rows_of(late)};
}

// ---- with seeds -----------------------------------------------------------------------------------------------------

constexpr std::uint64_t runs = 1'000;

job_files payments_and(const std::vector<payment>& payments, std::vector<std::string> expected) {
  return job_files().given("payments.csv", csv_of(payments)).expect("out.csv", std::move(expected));
}

void expect_faults(const simulation_events& met, std::uint64_t all) {
  if (all < 500) return;
  EXPECT_GT(met.checkpoints, all);
  EXPECT_GT(met.failed_checkpoints, all / 10);
  EXPECT_GT(met.overtaken_checkpoints, all / 100);
  EXPECT_GT(met.slow_copies, all / 10);
  EXPECT_GT(met.crashes, all / 2);
  EXPECT_GT(met.crashes_in_storage, all / 4);
  EXPECT_GT(met.crashes_in_checkpoint, all / 50);
  EXPECT_GT(met.storage_errors, all / 4);
  EXPECT_GT(met.failed_attempts, all / 4);
  EXPECT_GT(met.failed_restarts, all / 100);
  EXPECT_GT(met.failed_processes, all / 10);
  EXPECT_GT(met.restores, all / 10);
  EXPECT_GT(met.rescales, all / 20);
  EXPECT_GT(met.repeated_commits, all / 50);
  EXPECT_GT(met.stale_commits, all / 100);
}

/// The shortest of these jobs ends before these are met.
void expect_rare_faults(const simulation_events& met, std::uint64_t all) {
  if (all < 500) return;
  EXPECT_GT(met.damaged_snapshots, all / 20);
  EXPECT_GT(met.skipped_snapshots, all / 20);
  EXPECT_GT(met.late_completions, all / 10);
  EXPECT_GT(met.lost_completions, all / 100);
}

void expect_exactly_once(const job& under_test, const job_files& files, bool is_short = false) {
  const exactly_once_report report = check_exactly_once(under_test, files, seeds(runs));
  ASSERT_TRUE(report.holds()) << report.problem;
  expect_faults(report.events, report.runs);
  if (!is_short) expect_rare_faults(report.events, report.runs);
}

const std::vector<payment> payments = make_payments(1200);

TEST(recovery, of_stateless_operators) {
  expect_exactly_once(stateless_job(), payments_and(payments, stateless_rows(payments)), true);
}

TEST(recovery, of_windows) { expect_exactly_once(windows_job(), payments_and(payments, window_rows(payments))); }

TEST(recovery, of_windows_in_as_many_slots) {
  seeds same(runs);
  same.options.slots_after_crash_max = 0;  // every subtask goes on with its own split and its own event time
  EXPECT_EXACTLY_ONCE(windows_job(), payments_and(payments, window_rows(payments)), same);
}

constexpr std::uint64_t sliding_runs = 300;

TEST(recovery, of_sliding_windows_that_subtract) {
  const std::vector<payment> jittered = make_payments(400, 600);
  EXPECT_EXACTLY_ONCE(sliding_job(sum(&payment::amount), count()),
                      payments_and(jittered, sliding_rows(jittered, std::plus<>{})), seeds(sliding_runs));
}

TEST(recovery, of_sliding_windows_that_merge) {
  const std::vector<payment> jittered = make_payments(400, 600);
  EXPECT_EXACTLY_ONCE(sliding_job(max(&payment::amount), count()),
                      payments_and(jittered, sliding_rows(jittered, larger_of)), seeds(sliding_runs));
}

TEST(recovery, of_sliding_windows_that_know_what_came_last) {
  const std::vector<payment> jittered = make_payments(400, 600);
  const auto later_of = [](std::int64_t, std::int64_t later) { return later; };
  EXPECT_EXACTLY_ONCE(sliding_job(last(&payment::amount), count()),
                      payments_and(jittered, sliding_rows(jittered, later_of)), seeds(sliding_runs));
}

TEST(recovery, of_process_functions_with_timers) {
  expect_exactly_once(reports_job(), payments_and(payments, report_rows(payments)));
}

TEST(recovery, of_running_totals) {
  expect_exactly_once(running_job(), payments_and(payments, running_rows(payments)));
}

TEST(recovery, of_late_records) {
  const std::vector<payment> jittered = make_payments(1200, 600);
  const auto [in_time, late] = late_rows(jittered);
  ASSERT_GT(late.size(), 100u);
  expect_exactly_once(late_job(), payments_and(jittered, in_time).expect("late.csv", late));
}

// ---- at every moment ------------------------------------------------------------------------------------------------

const std::vector<payment> few = make_payments(60);

/// Over the schedules of some seeds, of which not all take a checkpoint before the last.
void expect_exactly_once_at_every_moment(const job& under_test, const std::vector<std::string>& expected) {
  std::uint64_t restores = 0;
  for (std::uint64_t seed = 0; seed < 6; ++seed) {
    const exactly_once_report report =
        check_exactly_once(under_test, payments_and(few, expected), every_crash{.seed = seed});
    ASSERT_TRUE(report.holds()) << report.problem;
    restores += report.events.restores;
  }
  EXPECT_GT(restores, 100u);
}

TEST(recovery_at_every_moment, of_stateless_operators) {
  expect_exactly_once_at_every_moment(stateless_job(), stateless_rows(few));
}

TEST(recovery_at_every_moment, of_windows) { expect_exactly_once_at_every_moment(windows_job(400), window_rows(few)); }

TEST(recovery_at_every_moment, of_process_functions_with_timers) {
  expect_exactly_once_at_every_moment(reports_job(), report_rows(few));
}

TEST(recovery_at_every_moment, of_running_totals) {
  expect_exactly_once_at_every_moment(running_job(), running_rows(few));
}

TEST(recovery_at_every_moment, of_late_records) {
  const std::vector<payment> jittered = make_payments(60, 600);
  const auto [in_time, late] = late_rows(jittered);
  ASSERT_GT(late.size(), 5u);
  EXPECT_EXACTLY_ONCE(late_job(), payments_and(jittered, in_time).expect("late.csv", late), every_crash{.seed = 3});
}

}  // namespace
}  // namespace weir::testing
