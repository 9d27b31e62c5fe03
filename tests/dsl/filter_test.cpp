#include "weir/dsl/filter.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "tests/dsl/copy_counter.hpp"
#include "tests/dsl/results_of.hpp"
#include "weir/dsl/from.hpp"
#include "weir/dsl/map.hpp"
#include "weir/dsl/partitioning.hpp"

namespace {

using namespace weir;
using weir::testing::copy_counter;
using weir::testing::event_times_of;
using weir::testing::long_text;
using weir::testing::reading;
using weir::testing::reading_at;
using weir::testing::results_of;

TEST(filter, keeps_records_in_order) {
  EXPECT_EQ(results_of(from({1, 2, 3, 4, 5}) | filter([](int x) { return x % 2 == 1; })), (std::vector{1, 3, 5}));
}

TEST(filter, may_keep_all_or_none) {
  EXPECT_EQ(results_of(from({1, 2, 3}) | filter([](int) { return true; })), (std::vector{1, 2, 3}));
  EXPECT_EQ(results_of(from({1, 2, 3}) | filter([](int) { return false; })), std::vector<int>());
  EXPECT_EQ(results_of(from(std::vector<int>()) | filter([](int) { return true; })), std::vector<int>());
}

TEST(filter, keeps_event_times) {
  auto source = from({reading_at(5), reading_at(6), reading_at(7)}, event_time(&reading::at, ascending()));
  EXPECT_EQ(event_times_of(std::move(source) | filter([](const reading& r) { return r.at != from_epoch_ms(6); })),
            (std::vector<std::int64_t>{5, 7}));
}

TEST(filter, lets_watermarks_pass_even_if_it_drops_every_record) {
  auto dropped = from({reading_at(100)}, event_time(&reading::at, ascending()).watermark_interval(1)) |
                 filter([](const reading&) { return false; });
  job all("test", std::move(dropped) | rebalance() | to<"out">(discard()));
  const job_report report = all.run({.slots = 1});
  ASSERT_EQ(report.stages.size(), 2u);
  EXPECT_EQ(report.stages[1].watermark_ms, epoch_ms(max_timestamp));
}

TEST(filter, takes_generic_lambdas_member_pointers_and_what_converts_to_bool) {
  EXPECT_EQ(results_of(from({0, 1, 2}) | filter([](const auto& x) { return x; })), (std::vector{1, 2}));
  EXPECT_EQ(results_of(from({std::string(), std::string("a")}) | filter(&std::string::size)),
            (std::vector<std::string>{"a"}));
}

TEST(filter, moves_what_it_keeps_and_never_copies) {
  const job kept("test", from<"source">(generate([](std::uint64_t i) { return copy_counter(long_text(int(i))); }, bounded(10))) |
                             filter([](const copy_counter& c) { return c.text.back() != '3'; }) | rebalance() |
                             filter([](const copy_counter& c) { return c.text.back() != '4'; }) | to<"out">(discard()));
  copy_counter::reset();
  kept.run({.slots = 1});
  EXPECT_EQ(copy_counter::copies, 0);
}

TEST(filter, counts_what_it_took_and_kept) {
  const job_report report = job("test", from({1, 2, 3, 4}) | filter([](int x) { return x > 1; }) |
                                            filter([](int x) { return x > 2; }) | to<"out">(discard()))
                                .run({.slots = 1});
  const auto& operators = report.stages[0].operators;
  ASSERT_EQ(operators.size(), 4u);
  EXPECT_EQ(operators[0].records_out, 4u);
  EXPECT_EQ(operators[1].records_in, 4u);
  EXPECT_EQ(operators[1].records_out, 3u);
  EXPECT_EQ(operators[2].records_in, 3u);
  EXPECT_EQ(operators[2].records_out, 2u);
  EXPECT_EQ(operators[3].records_in, 2u);
}

TEST(filter, with_a_large_capture_is_used_in_place) {
  std::vector<int> allowed{2, 4};
  EXPECT_EQ(results_of(from({1, 2, 3, 4}) | filter([allowed](int x) {
                         return std::find(allowed.begin(), allowed.end(), x) != allowed.end();
                       })),
            (std::vector{2, 4}));
}

}  // namespace
