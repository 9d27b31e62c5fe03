#include "weir/dsl/partitioning.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <mutex>
#include <numeric>
#include <string>
#include <thread>
#include <vector>

#include "tests/dsl/results_of.hpp"
#include "weir/core/error.hpp"
#include "weir/dsl/from.hpp"
#include "weir/dsl/map.hpp"

namespace {

using namespace weir;
using ::testing::HasSubstr;
using weir::testing::event_times_of;
using weir::testing::reading;
using weir::testing::reading_at;
using weir::testing::results_of;
using weir::testing::sorted_results_of;

/// A sink that notes which subtask got what.
struct per_subtask {
  std::map<std::size_t, std::vector<int>>* seen;
  std::mutex* mutex;
  template <class Element>
  static constexpr bool accepts = true;
  std::string describe() const { return "per_subtask"; }
  struct writer {
    const per_subtask* sink;
    std::size_t subtask;
    void write(int x) {
      const std::lock_guard lock(*sink->mutex);
      (*sink->seen)[subtask].push_back(x);
    }
    void flush() {}
    void close() {}
  };
  template <class Element>
  writer open(detail::sink_context& context) const {
    return {this, context.subtask};
  }
};

template <class Exchange>
std::map<std::size_t, std::vector<int>> dealt_by(Exchange exchange, int count) {
  std::vector<int> numbers(static_cast<std::size_t>(count));
  std::iota(numbers.begin(), numbers.end(), 0);
  std::map<std::size_t, std::vector<int>> seen;
  std::mutex mutex;
  job("test", from(numbers) | parallelism(1) | exchange | to<"seen">(per_subtask{&seen, &mutex})).run({.slots = 3});
  return seen;
}

std::size_t records_in(const std::map<std::size_t, std::vector<int>>& seen) {
  std::size_t all = 0;
  for (const auto& [subtask, records] : seen) all += records.size();
  return all;
}

TEST(rebalance, deals_in_turn_and_keeps_order) {
  const auto seen = dealt_by(rebalance(), 9);
  ASSERT_EQ(seen.size(), 3u);
  for (const auto& [subtask, records] : seen) {
    ASSERT_EQ(records.size(), 3u);
    EXPECT_EQ(records[1], records[0] + 3);
    EXPECT_EQ(records[2], records[0] + 6);
  }
}

TEST(random, deals_all_records_to_all_subtasks_about_evenly) {
  const auto seen = dealt_by(weir::random(7), 3000);
  EXPECT_EQ(records_in(seen), 3000u);
  ASSERT_EQ(seen.size(), 3u);
  for (const auto& [subtask, records] : seen) {
    EXPECT_GT(records.size(), 850u);  // 1000 expected, standard deviation 26
    EXPECT_LT(records.size(), 1150u);
  }
}

TEST(random, deals_alike_with_the_same_seed) {
  EXPECT_EQ(dealt_by(weir::random(7), 100), dealt_by(weir::random(7), 100));
  EXPECT_NE(dealt_by(weir::random(7), 100), dealt_by(weir::random(8), 100));
}

TEST(broadcast, sends_everything_to_everyone_in_order) {
  const auto seen = dealt_by(broadcast(), 5);
  ASSERT_EQ(seen.size(), 3u);
  for (const auto& [subtask, records] : seen) EXPECT_EQ(records, (std::vector{0, 1, 2, 3, 4}));
}

TEST(broadcast, copies_texts_to_everyone) {
  const std::string text = "a text too long to be held in place";
  EXPECT_EQ(results_of(from({text}) | broadcast(), {.slots = 3}), (std::vector<std::string>{text, text, text}));
}

TEST(global, sends_everything_to_the_first_subtask_in_order) {
  const auto seen = dealt_by(global(), 5);
  ASSERT_EQ(seen.size(), 1u);
  EXPECT_EQ(seen.at(0), (std::vector{0, 1, 2, 3, 4}));
}

TEST(global, may_stand_in_a_fragment) {
  const auto all_in_one = map([](int x) { return x + 1; }) | global();
  EXPECT_EQ(dealt_by(all_in_one, 3), (std::map<std::size_t, std::vector<int>>{{0, {1, 2, 3}}}));
}

TEST(partition, sends_each_record_where_the_function_says) {
  const auto seen = dealt_by(partition([](int x, std::size_t subtasks) { return std::size_t(x) % subtasks; }), 7);
  EXPECT_EQ(seen, (std::map<std::size_t, std::vector<int>>{{0, {0, 3, 6}}, {1, {1, 4}}, {2, {2, 5}}}));
}

TEST(partition, refuses_a_subtask_that_does_not_exist) {
  try {
    dealt_by(partition([](int, std::size_t subtasks) { return subtasks; }), 1);
    FAIL();
  } catch (const error& wrong) {
    EXPECT_THAT(wrong.what(), HasSubstr("partition(f): f chose subtask 3 of 3; return a number from 0 to 2"));
  }
  try {
    dealt_by(partition([](int, std::size_t) { return -1; }), 1);
    FAIL();
  } catch (const error& wrong) {
    EXPECT_THAT(wrong.what(), HasSubstr("partition(f): f chose subtask -1 of 3; return a number from 0 to 2"));
  }
}

TEST(forward, keeps_each_record_in_its_subtask) {
  EXPECT_EQ(results_of(from({1, 2, 3}) | forward() | map([](int x) { return x; })), (std::vector{1, 2, 3}));
  EXPECT_EQ(sorted_results_of(from({1, 2, 3}) | forward() | map([](int x) { return x; }), {.slots = 3}),
            (std::vector{1, 2, 3}));
}

TEST(forward, between_different_parallelism_is_refused) {
  const job unequal("unequal", from({1}) | parallelism(1) | forward() | to<"out">(discard()));
  try {
    unequal.plan(plan_format::text, {.slots = 2});
    FAIL();
  } catch (const error& wrong) {
    EXPECT_THAT(wrong.what(), HasSubstr("forward() joins stage 'from' of parallelism 1 to stage 'to<\"out\">' of "
                                        "parallelism 2; use rebalance()"));
  }
  EXPECT_THROW(unequal.run({.slots = 2}), error);
}

TEST(parallelism, sets_the_stage_that_begins) {
  const job sized("sized", from({1}) | parallelism(1) | rebalance() | parallelism(4) | map([](int x) { return x; }) |
                               key_by([](int x) { return x; }) | parallelism(2) | map([](int x) { return x; }) |
                               rebalance() | to<"out">(discard()));
  const job_report report = sized.run({.slots = 3});
  ASSERT_EQ(report.stages.size(), 4u);
  EXPECT_EQ(report.stages[0].parallelism, 1u);
  EXPECT_EQ(report.stages[1].parallelism, 4u);
  EXPECT_EQ(report.stages[2].parallelism, 2u);
  EXPECT_EQ(report.stages[3].parallelism, 3u);
}

TEST(parallelism, of_zero_is_refused) {
  const job none("none", from({1}) | parallelism(0) | to<"out">(discard()));
  try {
    none.run({.slots = 1});
    FAIL();
  } catch (const error& wrong) {
    EXPECT_THAT(wrong.what(), HasSubstr("has parallelism 0; give it at least one subtask"));
  }
}

TEST(exchange, keeps_event_times) {
  const auto readings = [] { return from({reading_at(3), reading_at(4)}, event_time(&reading::at, ascending())); };
  EXPECT_EQ(event_times_of(readings() | rebalance()), (std::vector<std::int64_t>{3, 4}));
  EXPECT_EQ(event_times_of(readings() | global()), (std::vector<std::int64_t>{3, 4}));
}

TEST(exchange, of_an_empty_input_ends) { EXPECT_TRUE(results_of(from(std::vector<int>()) | rebalance(), {.slots = 3}).empty()); }

TEST(name, stands_in_the_plan_and_the_report) {
  const job named("named", from({1}) | name("numbers") | map([](int x) { return x; }) | name("identity") |
                               key_by([](int x) { return x; }) | name("by value") | to<"out">(discard()));
  const std::string plan = named.plan(plan_format::text, {.slots = 1});
  EXPECT_THAT(plan, HasSubstr("from(range) \"numbers\" -> int"));
  EXPECT_THAT(plan, HasSubstr("map \"identity\" -> int"));
  EXPECT_THAT(plan, HasSubstr("key_by(key) \"by value\" -> int"));
}

}  // namespace
