// Windows in general lose nothing and count nothing twice: sessions, sliding and counted windows, late records and the
// states of window functions, under the simulator with faults and in changing numbers of slots. Results are those of
// plain loops over the input.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdio>
#include <limits>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "tests/dsl/window_model.hpp"
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
  BOOST_HANA_DEFINE_STRUCT(total, (std::int32_t, user), (std::int64_t, sum), (std::int64_t, count));
};

constexpr std::uint64_t runs = 200;

/// So many visits, 10 ms apart, or, with `jitter`, up to so many milliseconds earlier.
std::vector<visit> make_visits(std::int64_t count, std::uint64_t jitter_ms) {
  random_numbers draw(7);
  std::vector<visit> made;
  for (std::int64_t i = 0; i < count; ++i) {
    const auto user = static_cast<std::int32_t>(draw.below(17));
    const auto pages = static_cast<std::int64_t>(draw.below(1000));
    const std::int64_t early = jitter_ms == 0 ? 0 : static_cast<std::int64_t>(draw.below(jitter_ms));
    made.push_back({user, pages, from_epoch_ms(std::max<std::int64_t>(0, i * 10 - early))});
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

std::vector<std::string> rows_of(const std::vector<total>& totals) {
  std::vector<std::string> rows{"user,sum,count"};
  for (const total& each : totals) {
    rows.push_back(std::to_string(each.user) + "," + std::to_string(each.sum) + "," + std::to_string(each.count));
  }
  return rows;
}

/// "3 [0,40) 17/2" of the model.
total total_in(const std::string& text) {
  long long user = 0;
  long long start = 0;
  long long end = 0;
  long long sum = 0;
  long long count = 0;
  EXPECT_EQ(std::sscanf(text.c_str(), "%lld [%lld,%lld) %lld/%lld", &user, &start, &end, &sum, &count), 5) << text;
  return {static_cast<std::int32_t>(user), sum, count};
}

/// The results and the late visits of a model that sees a watermark behind every `interval`th visit.
std::pair<std::vector<total>, std::vector<total>> modelled(const model_setting& is, const std::vector<visit>& visits,
                                                           std::int64_t disorder_ms, std::size_t interval) {
  window_model model(is);
  std::vector<total> results;
  std::vector<total> late;
  std::int64_t latest = 0;
  const auto take = [&](const visit* of, const std::vector<std::string>& out) {
    for (const std::string& each : out) {
      if (each.front() == '!') {
        late.push_back({of->user, of->pages, 1});
      } else {
        results.push_back(total_in(each));
      }
    }
  };
  for (std::size_t i = 0; i < visits.size(); ++i) {
    take(&visits[i], model.element(visits[i].user, visits[i].pages, epoch_ms(visits[i].at)));
    latest = std::max(latest, epoch_ms(visits[i].at));
    if ((i + 1) % interval == 0) take(nullptr, model.advance(latest - disorder_ms - 1));
  }
  take(nullptr, model.advance(std::numeric_limits<std::int64_t>::max()));
  return {results, late};
}

auto as_total = [](const auto& window) {
  fault_point();
  return total{window.key, std::get<0>(window.value), std::get<1>(window.value)};
};

template <class Windows>
job in_order_job(const char* name, Windows windows) {
  return job(name, from<"visits">(csv<visit>("visits.csv").split_bytes(3000), event_time(&visit::at, ascending())) |
                       key_by(&visit::user) | windows | aggregate<"totals">(sum(&visit::pages), count()) |
                       map(as_total) | to<"out">(csv("out.csv")));
}

const std::vector<visit> visits = make_visits(900, 0);

TEST(window_recovery, of_sessions) {
  const auto [results, late] =
      modelled({.windows = model_setting::assigner::session, .size = 150}, visits, 0, visits.size());
  ASSERT_GT(results.size(), 100u);
  EXPECT_EXACTLY_ONCE(in_order_job("sessions", window(session(150ms))),
                      job_files().given("visits.csv", csv_of(visits)).expect("out.csv", rows_of(results)), seeds(runs));
}

TEST(window_recovery, of_sliding_windows) {
  const auto [results, late] =
      modelled({.windows = model_setting::assigner::sliding, .size = 500, .slide = 200}, visits, 0, visits.size());
  ASSERT_GT(results.size(), 500u);
  EXPECT_EXACTLY_ONCE(in_order_job("sliding", window(sliding(500ms, 200ms))),
                      job_files().given("visits.csv", csv_of(visits)).expect("out.csv", rows_of(results)), seeds(runs));
}

/// Visits further out of order than the source allows: sessions fire again, and some visits are late for all.
TEST(window_recovery, of_late_records_and_repeated_firings) {
  const std::vector<visit> jittered = make_visits(900, 600);
  constexpr std::int64_t interval = 5;
  auto [totals, late_visits] =
      from<"visits">(csv<visit>("visits.csv").single_split(),
                     event_time(&visit::at, out_of_orderness(100ms)).watermark_interval(interval)) |
      key_by(&visit::user) | window(session(40ms)).trigger(purging(on_event_time())).allowed_lateness(200ms) |
      aggregate<"totals">(sum(&visit::pages), count()) | split<"late">();
  const job under_test("late", std::move(totals) | map(as_total) | to<"out">(csv("out.csv")),
                       std::move(late_visits) | map([](const visit& each) {
                         fault_point();
                         return total{each.user, each.pages, 1};
                       }) | to<"late">(csv("late.csv")));
  const auto [results, late] =
      modelled({.windows = model_setting::assigner::session, .purges = true, .size = 40, .lateness = 200}, jittered,
               100, interval);
  ASSERT_GT(late.size(), 50u);
  EXPECT_EXACTLY_ONCE(under_test,
                      job_files()
                          .given("visits.csv", csv_of(jittered))
                          .expect("out.csv", rows_of(results))
                          .expect("late.csv", rows_of(late)),
                      seeds(runs));
}

TEST(window_recovery, of_early_firings) {
  constexpr std::int64_t interval = 3;
  const job under_test("early", from<"visits">(csv<visit>("visits.csv").single_split(),
                                               event_time(&visit::at, ascending()).watermark_interval(interval)) |
                                    key_by(&visit::user) | window(tumbling(1s)).trigger(continuous(300ms)) |
                                    aggregate<"totals">(sum(&visit::pages), count()) | map(as_total) |
                                    to<"out">(csv("out.csv")));
  const auto [results, late] =
      modelled({.fires = model_setting::trigger::continuous, .size = 1000, .interval = 300}, visits, 0, interval);
  EXPECT_EXACTLY_ONCE(under_test, job_files().given("visits.csv", csv_of(visits)).expect("out.csv", rows_of(results)),
                      seeds(runs));
}

/// Numbers the windows of each user.
struct numbers_windows {
  BOOST_HANA_DEFINE_STRUCT(numbers_windows, (value_state<std::int64_t>, windows));
  using output_type = total;
  void process(const window_elements<visit>& all, window_context<std::int32_t>& context, collector<total>& out) {
    fault_point();
    windows = windows.value_or(0) + 1;
    std::int64_t sum = 0;
    for (const visit& each : all) sum += each.pages;
    out(total{context.key(), sum, *windows});
  }
};

TEST(window_recovery, of_window_functions_with_state) {
  const job under_test("numbers", from<"visits">(csv<visit>("visits.csv").single_split()) | key_by(&visit::user) |
                                      window(count_window(4)) | process<"numbers">(numbers_windows{}) |
                                      to<"out">(csv("out.csv")));
  std::map<std::int32_t, std::vector<std::int64_t>> seen;
  std::map<std::int32_t, std::int64_t> windows;
  std::vector<total> expected;
  for (const visit& each : visits) {
    auto& pages = seen[each.user];
    pages.push_back(each.pages);
    if (pages.size() < 4) continue;
    expected.push_back({each.user, pages[0] + pages[1] + pages[2] + pages[3], ++windows[each.user]});
    pages.clear();
  }
  EXPECT_EXACTLY_ONCE(under_test, job_files().given("visits.csv", csv_of(visits)).expect("out.csv", rows_of(expected)),
                      seeds(runs));
}

TEST(window_recovery, of_sessions_at_every_moment) {
  const std::vector<visit> few(visits.begin(), visits.begin() + 60);
  const auto [results, late] = modelled({.windows = model_setting::assigner::session, .size = 150}, few, 0, few.size());
  EXPECT_EXACTLY_ONCE(in_order_job("sessions", window(session(150ms))),
                      job_files().given("visits.csv", csv_of(few)).expect("out.csv", rows_of(results)),
                      every_crash{.seed = 2});
}

}  // namespace
}  // namespace weir::testing
