// Where each partitioner sends what: exact expectations, per subtask.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <numeric>
#include <vector>

#include "tests/runtime/split_numbers.hpp"
#include "weir/core/error.hpp"
#include "weir/dsl/from.hpp"
#include "weir/dsl/job.hpp"
#include "weir/dsl/key_by.hpp"
#include "weir/dsl/partitioning.hpp"
#include "weir/dsl/to.hpp"
#include "weir/testkit/dataflow_driver.hpp"
#include "weir/testkit/simulator.hpp"

namespace weir::testing {
namespace {

/// What each subtask received, in order of arrival.
using received = std::vector<std::vector<std::uint64_t>>;

/// A sink that keeps the records of each of its subtasks apart.
class per_subtask_sink {
 public:
  template <class Element>
  static constexpr bool accepts = true;
  std::string describe() const { return "per subtask"; }
  explicit per_subtask_sink(received& into) : into_(&into) {}

  struct writer {
    std::vector<std::uint64_t>* into;
    void write(std::uint64_t value) const { into->push_back(value); }
    void flush() const noexcept {}
    void close() const noexcept {}
  };
  template <class Element>
  writer open(detail::sink_context& context) const {
    into_->resize(context.parallelism);
    return {&(*into_)[context.subtask]};
  }

 private:
  received* into_;
};

constexpr auto number = [](std::uint64_t i) { return i; };

/// Runs `numbers | exchange` with `producers` and `consumers` subtasks. Each split of 10 numbers goes to one producer:
/// 0 to 9 to the first, 10 to 19 to the second.
template <class Exchange>
received deal(Exchange exchange, std::size_t producers, std::size_t consumers) {
  received got;
  const job dealt("deal", from<"numbers">(split_numbers(10 * producers, 10, number)) | parallelism(producers) |
                              std::move(exchange) | parallelism(consumers) | to<"out">(per_subtask_sink(got)));
  got.resize(consumers);  // opening does not shrink it: every subtask writes into a place of its own
  dataflow_driver driver(dealt, {.slots = 3});
  driver.run();
  return got;
}

std::vector<std::uint64_t> sorted(std::vector<std::uint64_t> values) {
  std::sort(values.begin(), values.end());
  return values;
}

std::vector<std::uint64_t> all_sorted(const received& got) {
  std::vector<std::uint64_t> all;
  for (const auto& each : got) all.insert(all.end(), each.begin(), each.end());
  return sorted(all);
}

std::vector<std::uint64_t> numbers_below(std::uint64_t count) {
  std::vector<std::uint64_t> all(count);
  std::iota(all.begin(), all.end(), 0);
  return all;
}

TEST(rebalance, deals_in_turn_from_the_producers_own_index) {
  EXPECT_EQ(deal(rebalance(), 1, 3), (received{{0, 3, 6, 9}, {1, 4, 7}, {2, 5, 8}}));
  const received two = deal(rebalance(), 2, 3);
  EXPECT_EQ(sorted(two[0]), (std::vector<std::uint64_t>{0, 3, 6, 9, 12, 15, 18}));
  EXPECT_EQ(sorted(two[1]), (std::vector<std::uint64_t>{1, 4, 7, 10, 13, 16, 19}));
  EXPECT_EQ(sorted(two[2]), (std::vector<std::uint64_t>{2, 5, 8, 11, 14, 17}));
}

TEST(rebalance, starts_all_over_the_targets_when_there_are_more_producers) {
  const received got = deal(rebalance(), 4, 2);
  EXPECT_EQ(got[0].size(), 20U);
  EXPECT_EQ(sorted(got[0]),
            (std::vector<std::uint64_t>{0, 2, 4, 6, 8, 11, 13, 15, 17, 19, 20, 22, 24, 26, 28, 31, 33, 35, 37, 39}));
}

TEST(random_exchange, loses_nothing_and_deals_alike_for_one_seed) {
  const received first = deal(weir::random(7), 2, 3);
  EXPECT_EQ(all_sorted(first), numbers_below(20));
  EXPECT_EQ(deal(weir::random(7), 2, 3), first);
  EXPECT_NE(deal(weir::random(8), 2, 3), first);
  const received many = deal(weir::random(7), 100, 4);
  for (const auto& each : many) EXPECT_NEAR(static_cast<double>(each.size()), 250, 60);
}

TEST(broadcast, gives_every_record_to_every_subtask) {
  const received got = deal(broadcast(), 2, 3);
  for (const auto& each : got) EXPECT_EQ(sorted(each), numbers_below(20));
  EXPECT_EQ(deal(broadcast(), 1, 2), (received{numbers_below(10), numbers_below(10)}));
}

TEST(global_exchange, gives_every_record_to_subtask_0) {
  received got = deal(global(), 2, 3);
  EXPECT_EQ(sorted(got[0]), numbers_below(20));
  EXPECT_TRUE(got[1].empty());
  EXPECT_TRUE(got[2].empty());
}

TEST(forward, gives_each_record_to_the_subtask_of_the_same_number) {
  const received got = deal(forward(), 3, 3);
  EXPECT_EQ(
      got, (received{
               numbers_below(10), {10, 11, 12, 13, 14, 15, 16, 17, 18, 19}, {20, 21, 22, 23, 24, 25, 26, 27, 28, 29}}));
}

TEST(forward, between_unequal_parallelism_is_refused) {
  try {
    deal(forward(), 2, 3);
    FAIL() << "must not run";
  } catch (const error& refused) {
    EXPECT_STREQ(refused.what(),
                 "job 'deal': forward() joins stage 'from<\"numbers\">' of parallelism 2 to stage 'to<\"out\">' of "
                 "parallelism 3; use rebalance()");
  }
}

TEST(partition, sends_where_the_function_says) {
  const auto by_remainder = [](std::uint64_t value, std::size_t subtasks) { return (value + 1) % subtasks; };
  EXPECT_EQ(deal(partition(by_remainder), 1, 3), (received{{2, 5, 8}, {0, 3, 6, 9}, {1, 4, 7}}));
}

std::string failure_of(const auto& run) {
  try {
    run();
  } catch (const error& failure) {
    return failure.what();
  }
  return "no failure";
}

TEST(partition, refuses_a_subtask_that_does_not_exist) {
  const auto too_large = [](std::uint64_t value, std::size_t) { return value; };
  EXPECT_EQ(failure_of([&] { deal(partition(too_large), 1, 3); }),
            "job 'deal', stage 'from<\"numbers\">', subtask 1 of 1, at number 4: partition(f): f chose subtask 3 of 3; "
            "return a number from 0 to 2");
  const auto negative = [](std::uint64_t, std::size_t) { return -1; };
  EXPECT_EQ(
      failure_of([&] { deal(partition(negative), 1, 2); }),
      "job 'deal', stage 'from<\"numbers\">', subtask 1 of 1, at number 1: partition(f): f chose subtask -1 of 2; "
      "return a number from 0 to 1");
}

TEST(key_by_exchange, sends_all_records_of_a_key_to_one_subtask) {
  const auto key_of = [](std::uint64_t value) { return value % 40; };
  const received got = deal(key_by(key_of), 20, 4);
  EXPECT_EQ(all_sorted(got), numbers_below(200));
  for (std::uint64_t key = 0; key < 40; ++key) {
    const auto holds_key = [&](const auto& each) {
      return std::any_of(each.begin(), each.end(), [&](std::uint64_t value) { return key_of(value) == key; });
    };
    EXPECT_EQ(std::count_if(got.begin(), got.end(), holds_key), 1) << "key " << key;
  }
  for (const auto& each : got) EXPECT_FALSE(each.empty());
}

TEST(parallelism_of_zero, is_refused) {
  EXPECT_EQ(failure_of([] { deal(rebalance(), 1, 0); }),
            "job 'deal': stage 'to<\"out\">' has parallelism 0; give it at least one subtask");
}

TEST(exchanges, lose_and_double_nothing_under_any_schedule) {
  for (std::uint64_t seed = 0; seed < 100; ++seed) {
    received got(4);
    const job dealt("deal", from<"numbers">(split_numbers(300, 20, number)) | rebalance() | parallelism(3) |
                                weir::random(seed) | parallelism(2) | forward() | parallelism(2) |
                                key_by([](std::uint64_t value) { return value; }) | parallelism(4) |
                                to<"out">(per_subtask_sink(got)));
    simulate(dealt, {.seed = seed, .slots = 3});
    ASSERT_EQ(all_sorted(got), numbers_below(300)) << "seed " << seed;
  }
}

}  // namespace
}  // namespace weir::testing
