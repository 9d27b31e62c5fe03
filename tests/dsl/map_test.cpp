#include "weir/dsl/map.hpp"

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "tests/dsl/copy_counter.hpp"
#include "tests/dsl/results_of.hpp"
#include "weir/dsl/from.hpp"
#include "weir/dsl/partitioning.hpp"

namespace {

using namespace weir;
using weir::testing::copy_counter;
using weir::testing::event_times_of;
using weir::testing::long_text;
using weir::testing::reading;
using weir::testing::reading_at;
using weir::testing::results_of;

TEST(map, emits_one_result_per_record_in_order) {
  EXPECT_EQ(results_of(from({3, 1, 2}) | map([](int x) { return 10 * x; })), (std::vector{30, 10, 20}));
}

TEST(map, emits_nothing_for_an_empty_input) {
  EXPECT_EQ(results_of(from(std::vector<int>()) | map([](int x) { return 10 * x; })), std::vector<int>());
}

TEST(map, may_change_the_type) {
  EXPECT_EQ(results_of(from({1, 22}) | map([](int x) { return std::to_string(x); }) | map(&std::string::size)),
            (std::vector<std::size_t>{1, 2}));
}

TEST(map, keeps_event_times_even_where_the_result_has_another_time) {
  auto source = from({reading_at(5), reading_at(7)}, event_time(&reading::at, ascending()));
  EXPECT_EQ(event_times_of(std::move(source) | map([](reading r) {
              r.at = from_epoch_ms(1000);
              return r;
            })),
            (std::vector<std::int64_t>{5, 7}));
}

TEST(map, takes_generic_lambdas_member_pointers_function_pointers_and_function_objects) {
  EXPECT_EQ(results_of(from({1, 2}) | map([](auto x) { return x + 1; })), (std::vector{2, 3}));
  EXPECT_EQ(results_of(from({1, 2}) | map([](auto&& x) { return x + 1; })), (std::vector{2, 3}));
  EXPECT_EQ(results_of(from({reading_at(1, 42)}) | map(&reading::value)), (std::vector<std::int64_t>{42}));
  int (*const twice)(int) = [](int x) { return 2 * x; };
  EXPECT_EQ(results_of(from({1, 2}) | map(twice)), (std::vector{2, 4}));
  EXPECT_EQ(results_of(from({1, 2}) | map(std::negate<>())), (std::vector{-1, -2}));
}

TEST(map, calls_the_const_overload_of_a_function_object) {
  struct two_faced {
    int operator()(int x) { return -x; }
    int operator()(int x) const { return x; }
  };
  EXPECT_EQ(results_of(from({1, 2}) | map(two_faced())), (std::vector{1, 2}));
}

TEST(map, captures_are_copied_once_per_subtask_and_shared_ones_stay_shared) {
  const auto table = std::make_shared<const std::vector<int>>(std::vector{10, 20, 30});
  EXPECT_EQ(results_of(from({2, 0}) | map([table](int i) { return table->at(static_cast<std::size_t>(i)); })),
            (std::vector{30, 10}));
}

TEST(map, moves_a_record_through_functions_by_value_and_never_copies_it) {
  std::vector<copy_counter> results;
  const auto seen = job("test", from<"source">(generate([](std::uint64_t i) { return copy_counter(long_text(int(i))); },
                                                        bounded(10))) |
                                    rebalance() | map([](copy_counter c) {
                                      c.text += "!";
                                      return c;
                                    }) |
                                    map([](copy_counter&& c) -> copy_counter&& { return std::move(c); }) |
                                    to<"results">(for_each([](const copy_counter& c) {
                                      EXPECT_EQ(c.text.back(), '!');
                                    })));
  copy_counter::reset();
  seen.run({.slots = 1});
  EXPECT_EQ(copy_counter::copies, 0);
}

TEST(map, carries_records_that_can_only_be_moved) {
  auto source = from<"source">(generate([](std::uint64_t i) { return std::make_unique<std::uint64_t>(i); }, bounded(3)));
  EXPECT_EQ(results_of(std::move(source) | rebalance() |
                       map([](std::unique_ptr<std::uint64_t> p) {
                         *p += 100;
                         return p;
                       }) |
                       map([](const std::unique_ptr<std::uint64_t>& p) { return *p; })),
            (std::vector<std::uint64_t>{100, 101, 102}));
}

TEST(map, may_return_a_view_into_its_record) {
  const std::vector<std::string> texts{long_text(1), long_text(2)};
  EXPECT_EQ(results_of(from(texts) | map([](const std::string& text) { return std::string_view(text).substr(2); }) |
                       rebalance() | map([](std::string_view text) { return std::string(text); })),
            (std::vector<std::string>{long_text(1).substr(2), long_text(2).substr(2)}));
}

TEST(map, fails_the_job_with_the_message_of_an_exception) {
  EXPECT_THROW(results_of(from({1, 2, 3}) | map([](int x) {
                            if (x == 2) throw std::runtime_error("two is too many");
                            return x;
                          })),
               weir::error);
}

}  // namespace
