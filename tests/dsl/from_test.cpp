#include "weir/dsl/from.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <cstdint>
#include <list>
#include <memory>
#include <numeric>
#include <range/v3/view/filter.hpp>
#include <range/v3/view/iota.hpp>
#include <range/v3/view/zip.hpp>
#include <ranges>
#include <set>
#include <span>
#include <sstream>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "tests/dsl/copy_counter.hpp"
#include "tests/dsl/results_of.hpp"
#include "weir/core/error.hpp"
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
using weir::testing::sorted_results_of;

TEST(from, a_list_gives_its_elements) {
  EXPECT_EQ(results_of(from({3, 1, 2})), (std::vector{3, 1, 2}));
  EXPECT_EQ(results_of(from<"numbers">({3, 1, 2})), (std::vector{3, 1, 2}));
}

TEST(from, an_empty_range_gives_nothing) { EXPECT_EQ(results_of(from(std::vector<int>())), std::vector<int>()); }

TEST(from, an_lvalue_is_copied) {
  std::vector<int> numbers{1, 2};
  auto source = from(numbers);
  numbers[0] = 100;
  EXPECT_EQ(results_of(std::move(source)), (std::vector{1, 2}));
}

TEST(from, a_const_range_and_an_array_are_copied) {
  const std::vector<int> numbers{1, 2};
  EXPECT_EQ(results_of(from(numbers)), (std::vector{1, 2}));
  const int few[] = {1, 2, 3};
  EXPECT_EQ(results_of(from(few)), (std::vector{1, 2, 3}));
  EXPECT_EQ(results_of(from(std::array{1.5, 2.5})), (std::vector{1.5, 2.5}));
}

TEST(from, a_span_is_read_in_place) {
  std::vector<int> numbers{1, 2};
  auto source = from(std::span(numbers));
  numbers[0] = 100;
  EXPECT_EQ(results_of(std::move(source)), (std::vector{100, 2}));
}

TEST(from, takes_containers_of_every_kind) {
  EXPECT_EQ(results_of(from(std::list{1, 2, 3})), (std::vector{1, 2, 3}));
  EXPECT_EQ(results_of(from(std::set{3, 1, 2})), (std::vector{1, 2, 3}));
  EXPECT_EQ(results_of(from(std::vector{true, false})), (std::vector{true, false}));
}

TEST(from, takes_standard_views) {
  EXPECT_EQ(results_of(from(std::views::iota(0, 4))), (std::vector{0, 1, 2, 3}));
  EXPECT_EQ(results_of(from(std::views::iota(0, 6) | std::views::filter([](int x) { return x % 2 == 0; }))),
            (std::vector{0, 2, 4}));
}

TEST(from, takes_views_that_can_only_be_moved) {
  auto odd = std::vector{1, 2, 3} | std::views::filter([](int x) { return x % 2 == 1; });
  EXPECT_EQ(results_of(from(std::move(odd))), (std::vector{1, 3}));
}

TEST(from, takes_input_ranges) {
  std::istringstream text("4 5 6");
  EXPECT_EQ(results_of(from(std::views::istream<int>(text))), (std::vector{4, 5, 6}));
}

TEST(from, an_input_range_serves_one_run) {
  std::istringstream text("4 5 6");
  const job once("once", from(std::views::istream<int>(text)) | to<"out">(discard()));
  once.run({.slots = 1});
  try {
    once.run({.slots = 1});
    FAIL();
  } catch (const error& wrong) {
    EXPECT_THAT(wrong.what(), ::testing::HasSubstr("from(range): a range that can be read only once was read by an "
                                                   "earlier run; give a container to run the job again"));
  }
}

TEST(from, takes_range_v3_ranges) {
  EXPECT_EQ(results_of(from(ranges::views::iota(0, 3))), (std::vector{0, 1, 2}));
  EXPECT_EQ(results_of(from(ranges::views::iota(0, 6) | ranges::views::filter([](int x) { return x % 2 == 0; }))),
            (std::vector{0, 2, 4}));
}

TEST(from, elements_of_a_zip_are_pairs_of_values) {
  const std::vector<int> numbers{1, 2};
  const std::vector<std::string> names{"one", "two"};
  EXPECT_EQ(results_of(from(ranges::views::zip(numbers, names)) | assert_type<std::pair<int, std::string>>()),
            (std::vector<std::pair<int, std::string>>{{1, "one"}, {2, "two"}}));
}

TEST(from, gives_the_same_records_each_time_the_job_runs) {
  std::vector<int> results;
  const job twice("twice", from(std::list{1, 2}) | to<"results">(into(results)));
  twice.run({.slots = 1});
  twice.run({.slots = 1});
  EXPECT_EQ(results, (std::vector{1, 2, 1, 2}));
}

TEST(from, subtasks_read_parts_of_a_long_range_and_miss_nothing) {
  std::vector<int> numbers(200'000);
  std::iota(numbers.begin(), numbers.end(), 0);
  EXPECT_EQ(sorted_results_of(from(std::span<const int>(numbers)), {.slots = 3}), numbers);
}

TEST(from, one_slot_reads_a_long_range_in_order) {
  std::vector<int> numbers(200'000);
  std::iota(numbers.begin(), numbers.end(), 0);
  EXPECT_EQ(results_of(from(numbers)), numbers);
}

TEST(from, copies_each_record_of_a_range_at_most_once) {
  std::vector<copy_counter> records;
  for (int i = 0; i < 5; ++i) records.emplace_back(long_text(i));
  const job all("test", from(std::move(records)) | map([](copy_counter c) { return c; }) | to<"out">(discard()));
  copy_counter::reset();
  all.run({.slots = 1});
  EXPECT_LE(copy_counter::copies, 5);
}

TEST(event_time, comes_from_a_member_or_a_function) {
  EXPECT_EQ(event_times_of(from({reading_at(-3), reading_at(4)}, event_time(&reading::at, ascending()))),
            (std::vector<std::int64_t>{-3, 4}));
  EXPECT_EQ(event_times_of(from({7, 9}, event_time([](int x) { return from_epoch_ms(x); }, ascending()))),
            (std::vector<std::int64_t>{7, 9}));
}

TEST(event_time, of_records_within_the_bound_is_kept_in_any_order) {
  using namespace std::chrono_literals;
  EXPECT_EQ(event_times_of(from({reading_at(9), reading_at(5), reading_at(7)},
                                event_time(&reading::at, out_of_orderness(5ms)).watermark_interval(1))),
            (std::vector<std::int64_t>{5, 7, 9}));
}

TEST(generate, computes_each_record_from_its_index) {
  EXPECT_EQ(results_of(from<"squares">(generate([](std::uint64_t i) { return i * i; }, bounded(4)))),
            (std::vector<std::uint64_t>{0, 1, 4, 9}));
}

TEST(generate, of_no_records_ends_at_once) {
  EXPECT_TRUE(results_of(from<"nothing">(generate([](std::uint64_t i) { return i; }, bounded(0)))).empty());
}

TEST(generate, takes_any_bound) {
  for (const std::uint64_t count : {std::uint64_t{1} << 40, UINT64_MAX}) {
    const job counting("counting", from<"numbers">(generate([](std::uint64_t i) { return i; }, bounded(count))) |
                                       to<"out">(discard()));
    job_handle handle = counting.start({.slots = 2});
    handle.stop();
    EXPECT_TRUE(handle.wait().stopped);
  }
}

TEST(generate, refuses_a_rate_that_is_none) {
  for (const double rate : {0.0, -1.0, std::nan("")}) {
    EXPECT_THROW(generate([](std::uint64_t i) { return i; }).rate(rate), error);
  }
}

TEST(generate, misses_and_repeats_nothing_in_several_slots) {
  std::vector<std::uint64_t> expected(150'000);
  std::iota(expected.begin(), expected.end(), 0u);
  EXPECT_EQ(sorted_results_of(from<"numbers">(generate([](std::uint64_t i) { return i; }, bounded(150'000))), {.slots = 2}),
            expected);
}

TEST(generate, without_end_runs_until_it_is_stopped) {
  std::vector<std::uint64_t> results;
  const job endless("endless", from<"numbers">(generate([](std::uint64_t i) { return i; })) | parallelism(1) |
                                   to<"results">(into(results)));
  job_handle handle = endless.start({.slots = 1});
  while (handle.metrics().stages[0].operators[0].records_out < 1000) std::this_thread::yield();
  handle.stop();
  const job_report report = handle.wait();
  EXPECT_TRUE(report.stopped);
  ASSERT_GE(results.size(), 1000u);
  for (std::size_t i = 0; i < results.size(); ++i) ASSERT_EQ(results[i], i);
}

TEST(generate, at_a_rate_makes_no_more_than_that) {
  using namespace std::chrono_literals;
  std::vector<std::uint64_t> results;
  const job slow("slow", from<"numbers">(generate([](std::uint64_t i) { return i; }).rate(100)) |
                             to<"results">(into(results)));
  const auto begun = std::chrono::steady_clock::now();
  job_handle handle = slow.start({.slots = 2});
  while (handle.metrics().stages[0].operators[0].records_out < 5) std::this_thread::sleep_for(1ms);
  handle.stop();
  handle.wait();
  const std::chrono::duration<double> passed = std::chrono::steady_clock::now() - begun;
  EXPECT_GE(passed.count(), 0.04);  // records 0 to 4 are due after 0, 10, 20, 30 and 40 ms
  EXPECT_LE(static_cast<double>(results.size()), passed.count() * 100 + 1);
  for (std::size_t i = 0; i < results.size(); ++i) EXPECT_EQ(results[i], i);
}

TEST(generate, at_a_rate_ends_after_its_bound) {
  EXPECT_EQ(results_of(from<"numbers">(generate([](std::uint64_t i) { return i; }, bounded(3)).rate(1000)), {.slots = 2}),
            (std::vector<std::uint64_t>{0, 1, 2}));
}

}  // namespace
