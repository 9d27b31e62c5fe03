#include "weir/windows/fold.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/windows/aggregate_laws.hpp"
#include "tests/windows/trade.hpp"

namespace {

using weir::fold;
using weir::testing::check_aggregate_laws;
using weir::testing::fold_all;
using weir::testing::trade;

const std::vector<trade> trades = {{"b", 5, 2, 1.5, {}, true}, {"a", -3, 4, 0.25, {}, false}};

const auto append = [](std::string& text, const trade& each) { text += each.symbol; };
const auto join = [](std::string& text, const std::string& later) { text += later; };

TEST(fold, changes_its_accumulator_or_returns_the_new_one) {
  EXPECT_EQ(fold_all(fold(std::string("> "), append), trades), "> ba");
  EXPECT_EQ(fold_all(fold(100, [](int sum, const trade& each) { return sum + each.price; }), trades), 102);
}

TEST(fold, starts_each_accumulator_from_the_initial_value) {
  const auto append_price = [](std::vector<int>& prices, const trade& each) { prices.push_back(each.price); };
  const auto function = weir::bind_aggregate<trade>(fold(std::vector<int>{7}, append_price));
  auto first = function.create();
  function.add(first, trades[0]);
  EXPECT_EQ(function.result(first), (std::vector<int>{7, 5}));
  EXPECT_EQ(function.create(), (std::vector<int>{7}));
}

TEST(fold, keeps_the_laws_that_its_functions_keep) {
  check_aggregate_laws("concatenation", fold(std::string(), append, join));
  const auto product = fold(
      1u, [](unsigned so_far, const trade& each) { return so_far * each.amount; },
      [](unsigned so_far, unsigned later) { return so_far * later; });
  check_aggregate_laws("product", product.any_order());
}

TEST(fold, promises_nothing_by_itself) {
  const auto mergeable = fold(std::string(), append, join);
  static_assert(weir::mergeable_aggregate<decltype(mergeable)> && !weir::order_free_aggregate<decltype(mergeable)>);
  static_assert(weir::order_free_aggregate<decltype(mergeable.any_order())>);
  const auto unmergeable = fold(std::string(), append);
  static_assert(weir::aggregate_for<decltype(unmergeable), trade>);
  static_assert(!weir::mergeable_aggregate<decltype(unmergeable)>);
  static_assert(!weir::aggregate_for<decltype(unmergeable), int>);
  EXPECT_EQ(mergeable.any_order().as<"text">().column_name(), "text");
  EXPECT_EQ(mergeable.column_name(), "fold");
}

}  // namespace
