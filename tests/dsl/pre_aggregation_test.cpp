// Whether the sender of a keyed exchange aggregates first is nobody's business but the plan's and the clock's.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <random>
#include <string>
#include <tuple>
#include <vector>

#include "weir/dsl/from.hpp"
#include "weir/dsl/job.hpp"
#include "weir/dsl/key_by.hpp"
#include "weir/dsl/map.hpp"
#include "weir/dsl/rolling.hpp"
#include "weir/dsl/share.hpp"
#include "weir/dsl/sinks.hpp"
#include "weir/dsl/to.hpp"
#include "weir/dsl/window.hpp"

namespace {

using namespace weir;
using namespace std::chrono_literals;
using ::testing::HasSubstr;

struct visit {
  BOOST_HANA_DEFINE_STRUCT(visit, (std::string, page), (std::int64_t, user), (timestamp, at), (std::int64_t, bytes));
};

struct outcome {
  std::vector<std::tuple<std::string, std::int64_t, std::int64_t, std::int64_t, std::string>> rows;
  std::uint64_t late = 0;
  std::uint64_t records_in = 0;
  friend bool operator==(const outcome&, const outcome&) = default;
};

/// Few or many keys, short and long ones, in windows of which several are open, some records late.
std::vector<visit> visits(std::uint64_t seed) {
  std::mt19937_64 random(seed);
  const std::uint64_t keys = 1 + random() % (seed % 2 == 0 ? 20 : 3000);
  std::vector<visit> made;
  for (std::int64_t i = 0; i < 4000; ++i) {
    const std::uint64_t key = random() % keys;
    std::string page = "/p" + std::to_string(key);
    if (key % 3 == 0) page += "/with-a-name-that-no-small-buffer-holds";
    const auto disorder = static_cast<std::int64_t>(random() % 400);
    made.push_back({std::move(page), static_cast<std::int64_t>(key % 7), from_epoch_ms(10'000 + i - disorder),
                    static_cast<std::int64_t>(random() % 1000)});
  }
  return made;
}

template <class Key>
std::string text_of(const Key& key) {
  if constexpr (std::is_convertible_v<Key, std::string>) {
    return key;
  } else if constexpr (std::is_integral_v<Key>) {
    return std::to_string(key);
  } else {
    return key.first + "," + std::to_string(key.second);
  }
}

template <class Selector, class Windows = decltype(tumbling(250ms))>
outcome run(const std::vector<visit>& input, Selector selector, const run_options& options,
            Windows windows = tumbling(250ms)) {
  outcome found;
  std::vector<std::tuple<std::string, std::int64_t, std::int64_t, std::int64_t, std::string>> rows;
  const auto report =
      job("visits",
          from(input, event_time(&visit::at, out_of_orderness(100ms)).watermark_interval(16)) | key_by(selector) |
              window(windows) |
              aggregate<"totals">(count(), sum(&visit::bytes), max(&visit::page)) | map([](const auto& result) {
                return std::tuple(text_of(result.key), epoch_ms(result.window_start), std::get<0>(result.value),
                                  std::get<1>(result.value), std::get<2>(result.value));
              }) |
              to<"rows">(into(rows)))
          .run(options);
  found.rows = std::move(rows);
  std::sort(found.rows.begin(), found.rows.end());
  found.late = report.find("totals")->late_records;
  found.records_in = report.find("totals")->records_in;
  return found;
}

/// What the windows hold, without weir. One split: the watermark follows the largest time of whole groups of 16 records.
outcome expected(const std::vector<visit>& input) {
  std::map<std::pair<std::string, std::int64_t>, std::tuple<std::int64_t, std::int64_t, std::string>> sums;
  outcome found;
  std::int64_t largest = 0;
  std::int64_t watermark = 0;
  for (std::size_t i = 0; i < input.size(); ++i) {
    const std::int64_t at = epoch_ms(input[i].at);
    const std::int64_t start = at - at % 250;
    if (start + 250 - 1 <= watermark) {
      ++found.late;
    } else {
      auto& [records, bytes, page] = sums[{input[i].page, start}];
      ++records;
      bytes += input[i].bytes;
      page = std::max(page, input[i].page);
    }
    largest = std::max(largest, at);
    if (i % 16 == 15) watermark = largest - 100 - 1;
  }
  for (const auto& [key, value] : sums) {
    found.rows.emplace_back(key.first, key.second, std::get<0>(value), std::get<1>(value), std::get<2>(value));
  }
  found.records_in = input.size();
  return found;
}

/// The same of sessions with a gap of so many milliseconds, by page.
outcome expected_sessions(const std::vector<visit>& input, std::int64_t gap) {
  struct session {
    std::int64_t start;
    std::int64_t end;
    std::int64_t records;
    std::int64_t bytes;
  };
  std::map<std::string, std::vector<session>> open;
  outcome found;
  const auto close = [&](std::int64_t watermark) {
    for (auto& [page, sessions] : open) {
      for (std::size_t i = 0; i < sessions.size();) {
        const session each = sessions[i];
        if (each.end - 1 > watermark) {
          ++i;
          continue;
        }
        found.rows.emplace_back(page, each.start, each.records, each.bytes, page);
        sessions.erase(sessions.begin() + static_cast<std::ptrdiff_t>(i));
      }
    }
  };
  std::int64_t largest = 0;
  std::int64_t watermark = 0;
  for (std::size_t i = 0; i < input.size(); ++i) {
    const std::int64_t at = epoch_ms(input[i].at);
    std::vector<session>& sessions = open[input[i].page];
    session joined{at, at + gap, 1, input[i].bytes};
    for (std::size_t other = 0; other < sessions.size();) {
      const session each = sessions[other];
      if (each.start > at + gap || each.end < at) {
        ++other;
        continue;
      }
      joined = {std::min(joined.start, each.start), std::max(joined.end, each.end), joined.records + each.records,
                joined.bytes + each.bytes};
      sessions.erase(sessions.begin() + static_cast<std::ptrdiff_t>(other));
    }
    if (joined.end - 1 <= watermark) {
      ++found.late;
    } else {
      sessions.push_back(joined);
    }
    largest = std::max(largest, at);
    if (i % 16 == 15) close(watermark = largest - 100 - 1);
  }
  close(std::numeric_limits<std::int64_t>::max());
  std::sort(found.rows.begin(), found.rows.end());
  found.records_in = input.size();
  return found;
}

TEST(pre_aggregation, changes_no_result_and_no_figure) {
  for (std::uint64_t seed = 1; seed <= 6; ++seed) {
    const std::vector<visit> input = visits(seed);
    const outcome wanted = expected(input);
    ASSERT_GT(wanted.late, 0u) << "seed " << seed;
    for (const pre_aggregation mode : {pre_aggregation::off, pre_aggregation::on, pre_aggregation::automatic}) {
      for (const std::size_t slots : {1u, 2u, 3u}) {
        for (const std::size_t batch_records : {1u, 7u, 512u}) {
          EXPECT_EQ(run(input, &visit::page,
                        {.slots = slots, .batch_records = batch_records, .channel_capacity = 1, .pre_aggregation = mode}),
                    wanted)
              << "seed " << seed << ", slots " << slots << ", batches of " << batch_records << ", mode "
              << static_cast<int>(mode);
        }
      }
    }
  }
}

TEST(pre_aggregation, changes_no_session) {
  for (std::uint64_t seed = 1; seed <= 8; ++seed) {
    const std::vector<visit> input = visits(seed);
    const std::int64_t gap = seed % 2 == 0 ? 5 : 60;
    const outcome wanted = expected_sessions(input, gap);
    ASSERT_GT(wanted.late, 0u) << "seed " << seed;
    for (const pre_aggregation mode : {pre_aggregation::off, pre_aggregation::on, pre_aggregation::automatic}) {
      for (const std::size_t slots : {1u, 3u}) {
        for (const std::size_t batch_records : {1u, 7u, 512u}) {
          EXPECT_EQ(run(input, &visit::page,
                        {.slots = slots, .batch_records = batch_records, .channel_capacity = 1, .pre_aggregation = mode},
                        session(std::chrono::milliseconds(gap))),
                    wanted)
              << "seed " << seed << ", slots " << slots << ", batches of " << batch_records << ", mode "
              << static_cast<int>(mode);
        }
      }
    }
  }
}

TEST(pre_aggregation, works_for_keys_of_every_kind) {
  const std::vector<visit> input = visits(2);
  const auto both = [](const visit& v) { return std::pair(v.page, v.user); };
  const auto view = [](const visit& v) { return std::string_view(v.page); };
  for (const std::size_t slots : {1u, 2u}) {
    const run_options on{.slots = slots, .pre_aggregation = pre_aggregation::on};
    const run_options off{.slots = slots, .pre_aggregation = pre_aggregation::off};
    EXPECT_EQ(run(input, &visit::user, on), run(input, &visit::user, off));
    EXPECT_EQ(run(input, both, on), run(input, both, off));
    EXPECT_EQ(run(input, view, on), expected(input));
    EXPECT_EQ(run(input, view, on, session(5ms)), expected_sessions(input, 5));
  }
}

TEST(pre_aggregation, gives_up_where_keys_do_not_repeat_and_tries_again) {
  std::int64_t counted = 0;
  const auto report =
      job("unique", from<"numbers">(generate([](std::uint64_t i) { return i; }, bounded(3'000'000))) |
                        key_by([](std::uint64_t i) { return i; }) | window(global(at_end_of_input)) |
                        aggregate<"counts">(count()) | map([](const auto& result) { return result.value; }) |
                        to<"sum">(reduce_into(counted, std::int64_t{0}, std::plus<>{})))
          .run({.slots = 1});
  EXPECT_EQ(counted, 3'000'000);
  EXPECT_EQ(report.find("counts")->records_in, 3'000'000u);
}

TEST(pre_aggregation, sends_less_over_the_exchange) {
  const std::vector<visit> input = visits(4);
  const auto bytes = [&](pre_aggregation mode, auto windows) {
    std::vector<window_result<std::int64_t, std::int64_t>> rows;
    const auto report = job("visits", from(input, event_time(&visit::at, out_of_orderness(400ms))) |
                                          key_by(&visit::user) | window(windows) |
                                          aggregate<"counts">(count()) | to<"rows">(into(rows)))
                            .run({.slots = 1, .pre_aggregation = mode});
    return report.stages[0].bytes_out;
  };
  EXPECT_LT(bytes(pre_aggregation::on, tumbling(250ms)) * 20, bytes(pre_aggregation::off, tumbling(250ms)));
  EXPECT_LT(bytes(pre_aggregation::on, session(500ms)) * 20, bytes(pre_aggregation::off, session(500ms)));
}

TEST(pre_aggregation, stands_in_the_plan_with_the_reason_why_not) {
  const auto plan_of = [](auto aggregated) {
    return job("plan", std::move(aggregated) | to<"out">(discard())).plan(plan_format::text, {.slots = 2});
  };
  const auto windows = [] {
    return from(std::vector<visit>(), event_time(&visit::at, ascending())) | key_by(&visit::user) | window(tumbling(1s));
  };
  EXPECT_THAT(plan_of(windows() | aggregate<"a">(count())), HasSubstr("by hash(user), visit, pre-aggregated\n"));
  EXPECT_THAT(plan_of(windows() | aggregate<"a">(first(&visit::bytes))),
              HasSubstr("not pre-aggregated: the order of records matters\n"));
  EXPECT_THAT(plan_of(windows() | aggregate<"a">(avg([](const visit& v) { return 0.5 * static_cast<double>(v.bytes); }))),
              HasSubstr("not pre-aggregated: floating-point sums depend on the order\n"));
  EXPECT_THAT(plan_of(windows() | aggregate<"a">(fold(std::int64_t{0}, [](std::int64_t a, const visit&) { return a; }))),
              HasSubstr("not pre-aggregated: its accumulators cannot be merged\n"));
  const auto sessions = [](auto gap) {
    return from(std::vector<visit>(), event_time(&visit::at, ascending())) | key_by(&visit::user) | window(session(gap)) |
           aggregate<"a">(count());
  };
  EXPECT_THAT(plan_of(sessions(1s)), HasSubstr("by hash(user), visit, pre-aggregated\n"));
  EXPECT_THAT(plan_of(sessions([](const visit&) { return 1s; })),
              HasSubstr("not pre-aggregated: each record has a gap of its own\n"));
  auto [counts, late] = windows() | aggregate<"a">(count()) | split<"late">();
  EXPECT_THAT(job("plan", std::move(counts) | to<"out">(discard()), std::move(late) | to<"late">(discard()))
                  .plan(plan_format::text, {.slots = 2}),
              HasSubstr("not pre-aggregated: late records are split off\n"));
}

}  // namespace
