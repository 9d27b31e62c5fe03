#include "weir/core/error.hpp"
#include "weir/windows/combine.hpp"

#include <gtest/gtest.h>

#include <string>
#include <tuple>
#include <vector>

#include "tests/windows/aggregate_laws.hpp"
#include "tests/windows/trade.hpp"
#include "weir/windows/aggregates.hpp"
#include "weir/windows/fold.hpp"

namespace {

using weir::combine;
using weir::testing::check_aggregate_laws;
using weir::testing::fold_all;
using weir::testing::trade;

const std::vector<trade> trades = {{"b", 5, 2, 1.5, {}, true}, {"a", -3, 4, 0.25, {}, false}};

/// An aggregate of the user's own, without any of the library's descriptions.
struct longest_symbol {
  using accumulator_type = std::size_t;
  using result_type = std::size_t;
  static constexpr bool is_commutative = true;
  static constexpr bool is_associative = true;
  static constexpr bool is_exact = true;
  accumulator_type create() const { return 0; }
  void add(accumulator_type& length, const trade& each) const { length = std::max(length, each.symbol.size()); }
  void merge(accumulator_type& length, const accumulator_type& later) const { length = std::max(length, later); }
  result_type result(const accumulator_type& length) const { return length; }
};

TEST(combine, gives_all_results_at_once) {
  const auto both = combine(weir::count(), weir::avg(&trade::price), weir::max(&trade::symbol), longest_symbol{});
  EXPECT_EQ(fold_all(both, trades), std::tuple(std::int64_t{2}, 1.0, std::string("b"), std::size_t{1}));
  EXPECT_EQ(weir::aggregate_column_names(both),
            (std::vector<std::string>{"count", "avg_price", "max_symbol", "value"}));
}

TEST(combine, keeps_the_laws) {
  check_aggregate_laws("combined", combine(weir::count(), weir::min(&trade::symbol), longest_symbol{}));
  check_aggregate_laws("ordered", combine(weir::first(&trade::price), weir::last(&trade::price)));
}

TEST(combine, is_as_strong_as_its_weakest_part) {
  const auto strong = combine(weir::count(), weir::sum(&trade::price));
  static_assert(weir::order_free_aggregate<weir::bound_aggregate_t<decltype(strong), trade>>);
  const auto inexact = combine(weir::count(), weir::sum(&trade::weight));
  static_assert(!weir::order_free_aggregate<weir::bound_aggregate_t<decltype(inexact), trade>>);
  const auto add = [](int& sum, const trade& each) { sum += each.price; };
  const auto unmergeable = combine(weir::count(), weir::fold(0, add));
  static_assert(weir::aggregate_for<decltype(unmergeable), trade>);
  static_assert(!weir::mergeable_aggregate<weir::bound_aggregate_t<decltype(unmergeable), trade>>);
  static_assert(!weir::aggregate_for<decltype(strong), int>);
}

TEST(combine, refuses_two_columns_of_one_name) {
  EXPECT_NO_THROW(combine(weir::sum(&trade::price), weir::sum(&trade::amount)));
  EXPECT_NO_THROW(combine(weir::sum(&trade::price), weir::sum(&trade::price).as<"again">()));
  try {
    combine(weir::sum(&trade::price), weir::count(), weir::sum(&trade::price));
    FAIL() << "accepted";
  } catch (const weir::error& refused) {
    EXPECT_STREQ(refused.what(),
                 "weir: combine() has two columns named \"sum_price\"; name one of them with .as<\"...\">()");
  }
}

}  // namespace
