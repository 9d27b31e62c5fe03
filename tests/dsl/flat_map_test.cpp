#include "weir/dsl/flat_map.hpp"

#include <gtest/gtest.h>

#include <list>
#include <optional>
#include <ranges>
#include <range/v3/view/iota.hpp>
#include <range/v3/view/single.hpp>
#include <range/v3/view/split.hpp>
#include <range/v3/view/transform.hpp>
#include <range/v3/view/zip.hpp>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tests/dsl/copy_counter.hpp"
#include "tests/dsl/results_of.hpp"
#include "weir/dsl/from.hpp"
#include "weir/dsl/map.hpp"
#include "weir/dsl/partitioning.hpp"
#include "weir/dsl/peek.hpp"

namespace {

using namespace weir;
using weir::testing::copy_counter;
using weir::testing::event_times_of;
using weir::testing::long_text;
using weir::testing::reading;
using weir::testing::reading_at;
using weir::testing::results_of;

TEST(flat_map, emits_the_elements_of_each_range_in_order) {
  EXPECT_EQ(results_of(from({1, 0, 3}) | flat_map([](int x) { return std::vector<int>(std::size_t(x), x); })),
            (std::vector{1, 3, 3, 3}));
}

TEST(flat_map, emits_nothing_for_an_empty_input) {
  EXPECT_EQ(results_of(from(std::vector<int>()) | flat_map([](int x) { return std::vector<int>{x}; })),
            std::vector<int>());
}

TEST(flat_map, takes_standard_views) {
  EXPECT_EQ(results_of(from({2, 3}) | flat_map([](int x) { return std::views::iota(0, x); })),
            (std::vector{0, 1, 0, 1, 2}));
  EXPECT_EQ(results_of(from({2, 3}) | flat_map([](int x) {
                         return std::views::iota(0, x) | std::views::filter([](int y) { return y != 1; }) |
                                std::views::transform([x](int y) { return 10 * x + y; });
                       })),
            (std::vector{20, 30, 32}));
}

TEST(flat_map, takes_range_v3_views) {
  EXPECT_EQ(results_of(from({2, 3}) | flat_map([](int x) {
                         return ranges::views::iota(0, x) | ranges::views::transform([](int y) { return -y; });
                       })),
            (std::vector{0, -1, 0, -1, -2}));
}

TEST(flat_map, elements_that_stand_for_others_become_values) {
  auto bits = from({1, 2}) | flat_map([](int x) { return std::vector<bool>{x == 1, true}; }) | assert_type<bool>() |
              rebalance();
  EXPECT_EQ(results_of(std::move(bits)), (std::vector{true, true, false, true}));
  auto pairs = from({1, 2}) | flat_map([](int x) {
                 static const std::vector<std::string> names{"a", "b"};
                 return ranges::views::zip(ranges::views::single(x), names);
               }) |
               assert_type<std::pair<int, std::string>>() | rebalance();
  EXPECT_EQ(results_of(std::move(pairs)), (std::vector<std::pair<int, std::string>>{{1, "a"}, {2, "a"}}));
}

TEST(flat_map, takes_ranges_that_are_part_of_the_record) {
  const std::vector<std::vector<int>> nested{{1, 2}, {}, {3}};
  EXPECT_EQ(results_of(from(nested) | flat_map([](const std::vector<int>& inner) -> const std::vector<int>& {
                         return inner;
                       })),
            (std::vector{1, 2, 3}));
  EXPECT_EQ(results_of(from(nested) | flat_map([](const auto& inner) { return std::views::reverse(inner); })),
            (std::vector{2, 1, 3}));
}

TEST(flat_map, takes_lists_and_records_by_value) {
  EXPECT_EQ(results_of(from({std::string("ab"), std::string("c")}) | flat_map([](std::string text) {
                         return std::list<char>(text.begin(), text.end());
                       })),
            (std::vector{'a', 'b', 'c'}));
}

TEST(flat_map, gives_its_elements_the_event_time_of_their_record) {
  auto source = from({reading_at(5, 2), reading_at(8, 1)}, event_time(&reading::at, ascending()));
  EXPECT_EQ(event_times_of(std::move(source) | flat_map([](const reading& r) { return std::views::iota(0, int(r.value)); })),
            (std::vector<std::int64_t>{5, 5, 8}));
}

TEST(flat_map, with_emit_emits_as_often_as_the_function_likes) {
  EXPECT_EQ(results_of(from({2, 0, 1}) | flat_map<std::string>([](int x, auto&& emit) {
                         for (int i = 0; i < x; ++i) emit(std::to_string(x) + "/" + std::to_string(i));
                       })),
            (std::vector<std::string>{"2/0", "2/1", "1/0"}));
}

TEST(flat_map, with_emit_converts_to_its_output) {
  EXPECT_EQ(results_of(from({1, 2}) | flat_map<std::int64_t>([](int x, const auto& emit) { emit(x); })),
            (std::vector<std::int64_t>{1, 2}));
}

TEST(flat_map, may_emit_more_than_a_batch_and_a_channel_hold) {
  const auto counted = results_of(
      from({50000, 3}) | flat_map([](int x) { return std::views::iota(0, x); }) | rebalance() | map([](int x) { return x; }),
      {.slots = 1, .batch_records = 4, .channel_capacity = 1});
  ASSERT_EQ(counted.size(), 50003u);
  for (int i = 0; i < 50000; ++i) ASSERT_EQ(counted[std::size_t(i)], i);
  EXPECT_EQ(counted[50002], 2);
}

TEST(flat_map, moves_the_elements_of_a_container_that_it_is_given) {
  const job moved("test", from({3, 4}) | flat_map([](int n) {
                            std::vector<copy_counter> made;
                            for (int i = 0; i < n; ++i) made.emplace_back(long_text(i));
                            return made;
                          }) | rebalance() |
                              to<"out">(for_each([](const copy_counter& c) { EXPECT_FALSE(c.text.empty()); })));
  moved.run({.slots = 1});
  copy_counter::reset();
  moved.run({.slots = 1});
  EXPECT_EQ(copy_counter::copies, 0);
}

TEST(flat_map, leaves_alone_what_a_view_refers_to) {
  static std::vector<std::string> names{long_text(1), long_text(2)};
  EXPECT_EQ(results_of(from({1, 2}) | flat_map([](int) { return std::views::all(names); }) | rebalance()),
            (std::vector<std::string>{names[0], names[1], names[0], names[1]}));
  EXPECT_EQ(names[0], long_text(1));
}

TEST(flat_map, counts_what_it_emits) {
  const job_report report = job("test", from({1, 2, 3}) | flat_map([](int x) { return std::views::iota(0, x); }) |
                                            to<"out">(discard()))
                                .run({.slots = 1});
  EXPECT_EQ(report.stages[0].operators[1].records_in, 3u);
  EXPECT_EQ(report.stages[0].operators[1].records_out, 6u);
  EXPECT_EQ(report.stages[0].operators[2].records_in, 6u);
}

}  // namespace
