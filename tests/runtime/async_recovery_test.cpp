// async_map under the simulator with faults and in changing numbers of slots: calls that were under way when the job
// died are made again, and what comes of them counts once. Windows behind it see that no watermark passes a result that
// it must follow.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "weir/connectors/csv.hpp"
#include "weir/testkit/exactly_once.hpp"
#include "weir/testkit/fault_point.hpp"
#include "weir/testkit/random_numbers.hpp"
#include "weir/weir.hpp"

namespace weir::testing {
namespace {

using namespace std::chrono_literals;

struct visit {
  BOOST_HANA_DEFINE_STRUCT(visit, (std::int32_t, user), (std::int64_t, pages), (timestamp, at));
};
struct total {
  BOOST_HANA_DEFINE_STRUCT(total, (std::int32_t, user), (std::int64_t, begin), (std::int64_t, pages),
                           (std::int64_t, visits));
};

std::vector<visit> make_visits(std::int64_t count) {
  random_numbers draw(11);
  std::vector<visit> made;
  for (std::int64_t i = 0; i < count; ++i) {
    const auto user = static_cast<std::int32_t>(draw.below(5));
    const auto pages = static_cast<std::int64_t>(draw.below(1000));
    made.push_back({user, pages, from_epoch_ms(i * 10)});
  }
  return made;
}

std::string csv_of(const std::vector<visit>& visits) {
  std::string text = "user,pages,at\n";
  for (const visit& each : visits) {
    text +=
        std::to_string(each.user) + "," + std::to_string(each.pages) + "," + std::to_string(epoch_ms(each.at)) + "\n";
  }
  return text;
}

/// The rows of windows of 200 ms over visits whose pages were doubled.
std::vector<std::string> totals_of(const std::vector<visit>& visits) {
  std::map<std::pair<std::int32_t, std::int64_t>, std::pair<std::int64_t, std::int64_t>> sums;
  for (const visit& each : visits) {
    auto& [pages, count] = sums[{each.user, epoch_ms(each.at) / 200 * 200}];
    pages += 2 * each.pages;
    ++count;
  }
  std::vector<std::string> rows{"user,begin,pages,visits"};
  for (const auto& [group, sum] : sums) {
    rows.push_back(std::to_string(group.first) + "," + std::to_string(group.second) + "," + std::to_string(sum.first) +
                   "," + std::to_string(sum.second));
  }
  return rows;
}

/// Asks a service that takes up to 30 ms, some answers much longer than others.
async_task<visit> ask(const visit& each) {
  fault_point();
  co_await async_delay(std::chrono::milliseconds{each.pages % 7 == 0 ? 30 : each.pages % 5});
  fault_point();
  co_return visit{each.user, 2 * each.pages, each.at};
}

job asking_job(std::uint64_t split_bytes, const async_options<>& options) {
  return job("asking", from<"visits">(csv<visit>("visits.csv").split_bytes(split_bytes),
                                      event_time(&visit::at, ascending()).watermark_interval(4)) |
                           async_map<"asked">(ask, options) | key_by(&visit::user) | window(tumbling(200ms)) |
                           aggregate<"totals">(sum(&visit::pages), count()) |
                           map([](const window_result<std::int32_t, std::tuple<std::int64_t, std::int64_t>>& each) {
                             return total{each.key, epoch_ms(each.window_start), std::get<0>(each.value),
                                          std::get<1>(each.value)};
                           }) |
                           to<"out">(csv("totals.csv")));
}

void expect_exactly_once(const async_options<>& options) {
  const std::vector<visit> visits = make_visits(300);
  const auto files = job_files().given("visits.csv", csv_of(visits)).expect("totals.csv", totals_of(visits));
  const exactly_once_report report = check_exactly_once(asking_job(900, options), files, seeds(100));
  ASSERT_TRUE(report.holds()) << report.problem;
  if (report.runs < 100) return;
  EXPECT_GT(report.events.restores, report.runs / 2);
  EXPECT_GT(report.events.rescales, report.runs / 10);
  EXPECT_GT(report.events.checkpoints, report.runs);
}

TEST(async_recovery, of_calls_whose_results_leave_in_order) { expect_exactly_once(ordered(7)); }

TEST(async_recovery, of_calls_whose_results_leave_as_they_come) { expect_exactly_once(unordered(7)); }

/// Gives each visit so often: a barrier may come when only some of them have left.
struct repeating {
  static constexpr std::size_t times = 20;
  void operator()(const visit& each, async_result<visit> result) const {
    fault_point();
    result.complete_all(std::vector<visit>(times, each));
  }
};

TEST(async_recovery, of_calls_with_many_results) {
  const std::vector<visit> visits = make_visits(120);
  std::vector<std::string> expected{"user,pages,at"};
  for (const visit& each : visits) {
    expected.insert(
        expected.end(), repeating::times,
        std::to_string(each.user) + "," + std::to_string(each.pages) + "," + std::to_string(epoch_ms(each.at)));
  }
  const job under_test("repeating", from<"visits">(csv<visit>("visits.csv").split_bytes(300)) |
                                        async_map<"repeated">(repeating{}, unordered(7)) | rebalance() |
                                        to<"out">(csv("repeated.csv")));
  EXPECT_EXACTLY_ONCE(under_test, job_files().given("visits.csv", csv_of(visits)).expect("repeated.csv", expected),
                      seeds(60));
}

}  // namespace
}  // namespace weir::testing
