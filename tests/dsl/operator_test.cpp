#include "weir/dsl/operator.hpp"

#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "tests/dsl/results_of.hpp"
#include "weir/dsl/filter.hpp"
#include "weir/dsl/flat_map.hpp"
#include "weir/dsl/from.hpp"
#include "weir/dsl/map.hpp"
#include "weir/dsl/partitioning.hpp"
#include "weir/dsl/share.hpp"
#include "weir/dsl/update.hpp"

namespace {

using namespace weir;
using weir::testing::results_of;

TEST(fragment, stored_in_a_variable_may_be_used_twice) {
  const auto clean = filter([](int x) { return x > 1; }) | map([](int x) { return 10 * x; });
  EXPECT_EQ(results_of(from({1, 2}) | clean), (std::vector{20}));
  EXPECT_EQ(results_of(from({3}) | clean), (std::vector{30}));
}

TEST(fragment, may_be_used_for_streams_of_different_types) {
  const auto twice = map([](const auto& x) { return x + x; }) | filter([](const auto& x) { return x != decltype(x + x){}; });
  EXPECT_EQ(results_of(from({0, 1}) | twice), (std::vector{2}));
  EXPECT_EQ(results_of(from({std::string("a")}) | twice), (std::vector<std::string>{"aa"}));
}

TEST(fragment, composes_with_operators_and_other_fragments_on_either_side) {
  const auto one = map([](int x) { return x + 1; });
  const auto two = one | one;
  EXPECT_EQ(results_of(from({0}) | (one | two)), (std::vector{3}));
  EXPECT_EQ(results_of(from({0}) | (two | one)), (std::vector{3}));
  EXPECT_EQ(results_of(from({0}) | (two | two) | one), (std::vector{5}));
}

TEST(fragment, may_hold_exchanges_and_end_in_a_sink) {
  std::vector<int> out;
  auto finish = map([](int x) { return x + 1; }) | rebalance() | to<"out">(into(out));
  job("test", from({1, 2}) | std::move(finish)).run({.slots = 1});
  EXPECT_EQ(out, (std::vector{2, 3}));
}

TEST(stream, can_only_be_moved_and_a_shared_one_copied) {
  auto numbers = from({1});
  static_assert(!std::is_copy_constructible_v<decltype(numbers)>);
  static_assert(std::is_nothrow_move_constructible_v<decltype(numbers)> ||
                std::is_move_constructible_v<decltype(numbers)>);
  auto shared = std::move(numbers) | share();
  static_assert(std::is_copy_constructible_v<decltype(shared)>);
}

TEST(stream, carries_its_types) {
  auto keyed = from({1}) | key_by([](int x) { return std::to_string(x); });
  using type = decltype(keyed);
  static_assert(std::is_same_v<type::element_type, int>);
  static_assert(std::is_same_v<type::key_type, std::string>);
  static_assert(std::is_same_v<type::clock, no_clock>);
  auto plain = std::move(keyed) | map([](int x) { return 0.5 * x; });
  static_assert(std::is_same_v<decltype(plain)::element_type, double>);
  static_assert(std::is_same_v<decltype(plain)::key_type, no_key>);
}

TEST(stage, of_many_operators_keeps_their_order) {
  const auto digit = [](int d) {
    return update([d](std::string& text) { text += static_cast<char>('0' + d); });
  };
  EXPECT_EQ(results_of(from({std::string()}) | digit(1) | digit(2) | digit(3) | digit(4) | digit(5) | digit(6) | digit(7) |
                       digit(8) | digit(9)),
            (std::vector<std::string>{"123456789"}));
}

TEST(stage, with_large_and_small_callables_works_alike) {
  struct large {
    int offsets[40];
    int operator()(int x) const { return x + offsets[static_cast<std::size_t>(x)]; }
  };
  large add{};
  add.offsets[1] = 10;
  const std::function<int(int)> erased = [](int x) { return 2 * x; };
  EXPECT_EQ(results_of(from({1, 2}) | map(add) | map(erased) | filter([](int x) { return x > 4; })), (std::vector{22}));
}

}  // namespace
