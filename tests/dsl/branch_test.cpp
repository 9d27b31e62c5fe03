#include "weir/dsl/branch.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/dsl/copy_counter.hpp"
#include "tests/dsl/results_of.hpp"
#include "weir/dsl/filter.hpp"
#include "weir/dsl/flat_map.hpp"
#include "weir/dsl/from.hpp"
#include "weir/dsl/map.hpp"
#include "weir/dsl/partitioning.hpp"

namespace {

using namespace weir;
using weir::testing::copy_counter;
using weir::testing::long_text;

TEST(branch, gives_every_record_to_each_of_three_sinks) {
  std::vector<int> all;
  std::vector<int> even;
  std::vector<std::string> texts;
  job("test", from({1, 2, 3, 4}) |
                  branch(to<"all">(into(all)), filter([](int x) { return x % 2 == 0; }) | to<"even">(into(even)),
                         filter([](int x) { return x > 2; }) | map([](int x) { return std::to_string(x); }) |
                             to<"texts">(into(texts))))
      .run({.slots = 1});
  EXPECT_EQ(all, (std::vector{1, 2, 3, 4}));
  EXPECT_EQ(even, (std::vector{2, 4}));
  EXPECT_EQ(texts, (std::vector<std::string>{"3", "4"}));
}

TEST(branch, stays_in_one_stage_and_counts_each_branch_for_itself) {
  const job_report report =
      job("test", from({1, 2, 3, 4}) | filter([](int x) { return x > 1; }) |
                      branch(filter([](int x) { return x == 2; }) | to<"two">(discard()), to<"all">(discard())))
          .run({.slots = 1});
  ASSERT_EQ(report.stages.size(), 1u);
  EXPECT_EQ(report.find("two")->records_in, 1u);
  EXPECT_EQ(report.find("all")->records_in, 3u);
}

TEST(branch, works_behind_an_exchange_and_an_expanding_operator) {
  std::vector<int> one;
  std::vector<int> two;
  job("test", from({2, 3}) | rebalance() | flat_map([](int x) { return std::vector<int>(std::size_t(x), x); }) |
                  branch(to<"one">(into(one)),
                         flat_map([](int x) { return std::vector<int>{x, -x}; }) | to<"two">(into(two))))
      .run({.slots = 1});
  EXPECT_EQ(one, (std::vector{2, 2, 3, 3, 3}));
  EXPECT_EQ(two, (std::vector{2, -2, 2, -2, 3, -3, 3, -3, 3, -3}));
}

TEST(branch, of_one_branch_is_a_pipeline) {
  std::vector<int> out;
  job("test", from({1, 2}) | branch(to<"out">(into(out)))).run({.slots = 1});
  EXPECT_EQ(out, (std::vector{1, 2}));
}

TEST(branch, of_an_empty_input_writes_nothing) {
  std::vector<int> one;
  std::vector<int> two;
  job("test", from(std::vector<int>()) | branch(to<"one">(into(one)), to<"two">(into(two)))).run({.slots = 2});
  EXPECT_TRUE(one.empty());
  EXPECT_TRUE(two.empty());
}

TEST(branch, sinks_that_combine_in_the_loop_work) {
  int sum = 0;
  int count = 0;
  const auto add = [](int a, int b) { return a + b; };
  job("test", from({1, 2, 3}) | branch(to<"sum">(reduce_into(sum, 0, add)),
                                       map([](int) { return 1; }) | to<"count">(reduce_into(count, 0, add))))
      .run({.slots = 2});
  EXPECT_EQ(sum, 6);
  EXPECT_EQ(count, 3);
}

TEST(branch, copies_no_record) {
  const job all("test", from<"source">(generate([](std::uint64_t) { return copy_counter(long_text(1)); }, bounded(4))) |
                            branch(filter([](const copy_counter&) { return true; }) | to<"one">(discard()),
                                   map(&copy_counter::text) | to<"two">(discard())));
  copy_counter::reset();
  all.run({.slots = 1});
  EXPECT_EQ(copy_counter::copies, 0);
}

}  // namespace
