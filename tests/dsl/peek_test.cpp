#include "weir/dsl/peek.hpp"

#include <gtest/gtest.h>

#include <vector>

#include "tests/dsl/copy_counter.hpp"
#include "tests/dsl/results_of.hpp"
#include "weir/dsl/filter.hpp"
#include "weir/dsl/from.hpp"
#include "weir/dsl/map.hpp"

namespace {

using namespace weir;
using weir::testing::copy_counter;
using weir::testing::event_times_of;
using weir::testing::long_text;
using weir::testing::reading;
using weir::testing::reading_at;
using weir::testing::results_of;

TEST(peek, sees_each_record_where_it_stands_and_passes_it_on) {
  std::vector<int> seen;
  EXPECT_EQ(results_of(from({1, 2, 3}) | filter([](int x) { return x != 2; }) |
                       peek([&seen](int x) { seen.push_back(x); }) | map([](int x) { return 10 * x; })),
            (std::vector{10, 30}));
  EXPECT_EQ(seen, (std::vector{1, 3}));
}

TEST(peek, keeps_event_times) {
  auto source = from({reading_at(5)}, event_time(&reading::at, ascending()));
  EXPECT_EQ(event_times_of(std::move(source) | peek([](const auto&) {})), (std::vector<std::int64_t>{5}));
}

TEST(peek, copies_nothing) {
  const job all("test", from<"source">(generate([](std::uint64_t) { return copy_counter(long_text(1)); }, bounded(3))) |
                            peek([](const copy_counter& c) { EXPECT_EQ(c.text, long_text(1)); }) | to<"out">(discard()));
  copy_counter::reset();
  all.run({.slots = 1});
  EXPECT_EQ(copy_counter::copies, 0);
}

TEST(assert_type, passes_everything_on) {
  EXPECT_EQ(results_of(from({1, 2}) | assert_type<int>() | map([](int x) { return x * 0.5; }) | assert_type<double>()),
            (std::vector{0.5, 1.0}));
}

}  // namespace
