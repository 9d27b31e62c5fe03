// A job whose state lies in RocksDB is killed again and again, at any moment, and goes on from its last checkpoint:
// rows and results are as if nothing had happened. Real processes, because RocksDB does its own input and output, which
// the simulator cannot take away from it.
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <fstream>
#include <map>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "tests/rocksdb/temporary_directory.hpp"
#include "weir/connectors/csv.hpp"
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

/// Sums up by account; when an account was quiet for a second, it reports and forgets.
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

constexpr std::uint64_t payments = 300'000;  // a second of input, at its rate
constexpr std::int32_t accounts = 2'000;

payment payment_of(std::uint64_t i) {
  return {static_cast<std::int32_t>(i * 7919 % accounts), static_cast<std::int64_t>(i % 1000),
          from_epoch_ms(static_cast<std::int64_t>(i / 4))};
}

/// What a loop over the payments reports: of each account the payments within a second of the first belong together,
/// also one that comes at its end, because the watermark promises that only once a later payment has come.
std::vector<std::string> expected_reports() {
  std::map<std::int32_t, std::vector<payment>> by_account;
  for (std::uint64_t i = 0; i < payments; ++i) by_account[payment_of(i).account].push_back(payment_of(i));
  std::vector<std::string> lines;
  for (const auto& [account, all] : by_account) {
    for (std::size_t i = 0; i < all.size();) {
      const timestamp due = all[i].at + 1s;
      std::int64_t sum = 0;
      std::int64_t count = 0;
      for (; i < all.size() && all[i].at <= due; ++i, ++count) sum += all[i].amount;
      lines.push_back(std::to_string(account) + "," + std::to_string(sum) + "," + std::to_string(count));
    }
  }
  std::sort(lines.begin(), lines.end());
  return lines;
}

std::vector<std::string> rows_of(const std::string& path) {
  std::ifstream file(path);
  std::vector<std::string> lines;
  for (std::string line; std::getline(file, line);) lines.push_back(line);
  if (!lines.empty()) lines.erase(lines.begin());
  std::sort(lines.begin(), lines.end());
  return lines;
}

void run_job(const temporary_directory& directory, std::size_t slots) {
  const job reports("reports", from<"payments">(generate(payment_of, bounded(payments)).rate(300'000),
                                                event_time(&payment::at, ascending()).watermark_interval(1)) |
                                   key_by(&payment::account) | process<"reports">(reporter{}) |
                                   to<"out">(csv(directory / "out.csv")));
  run_options run;
  run.slots = slots;
  run.checkpoints.directory = directory / "checkpoints";
  run.checkpoints.interval = 5ms;
  run.restore = "latest";
  run.state.backend = state_backend::rocksdb;
  run.state.memory = std::size_t{1} << 20;
  reports.run(run);
}

TEST(killed_jobs, lose_nothing_and_count_nothing_twice) {
  const temporary_directory directory;
  const std::uint32_t seed = 20261121;
  std::mt19937 random(seed);
  constexpr int kills_max = 12;
  int kills = 0;
  for (int attempt = 0;; ++attempt) {
    ASSERT_LT(attempt, kills_max + 2) << "it does not come to its end, seed " << seed;
    const std::size_t slots = 1 + random() % 3;
    const pid_t child = ::fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
      try {
        run_job(directory, slots);
      } catch (const std::exception& cause) {
        std::fprintf(stderr, "%s\n", cause.what());
        ::_exit(1);
      }
      ::_exit(0);
    }
    if (kills < kills_max) {
      std::this_thread::sleep_for(std::chrono::milliseconds(random() % 120));  // 12 kills within the second
      ::kill(child, SIGKILL);
    }
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    if (WIFSIGNALED(status)) {
      ++kills;
      continue;
    }
    ASSERT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0) << "attempt " << attempt << ", seed " << seed;
    break;
  }
  EXPECT_GT(kills, kills_max / 2);
  EXPECT_TRUE(rows_of(directory / "out.csv") == expected_reports()) << "seed " << seed;
  EXPECT_EQ(names_in(directory / "checkpoints/working"), std::vector<std::string>{});
}

}  // namespace
}  // namespace weir::testing
