#include "weir/windows/aggregates.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "tests/windows/aggregate_laws.hpp"
#include "tests/windows/trade.hpp"

namespace {

using weir::testing::check_aggregate_laws;
using weir::testing::fold_all;
using weir::testing::trade;

struct quote {
  BOOST_HANA_DEFINE_STRUCT(quote, (std::string_view, symbol), (float, price));
};

struct tick {  // not a record: its members have no names
  std::int64_t value;
  int size() const { return 3; }
};

template <class Aggregate, class Element>
using result_of = typename weir::bound_aggregate_t<Aggregate, Element>::result_type;

const std::vector<trade> trades = {{"b", 5, 2, 1.5, weir::from_epoch_ms(30), true},
                                   {"a", -3, 4, 0.25, weir::from_epoch_ms(10), false},
                                   {"c", 5, 1, 2.25, weir::from_epoch_ms(20), true}};

TEST(count, counts_elements) {
  EXPECT_EQ(fold_all(weir::count(), trades), 3);
  static_assert(std::is_same_v<result_of<decltype(weir::count()), trade>, std::int64_t>);
}

TEST(sum, accumulates_in_64_bits_of_the_same_sign) {
  EXPECT_EQ(fold_all(weir::sum(&trade::price), trades), 7);
  EXPECT_EQ(fold_all(weir::sum(&trade::amount), trades), 7u);
  EXPECT_EQ(fold_all(weir::sum(&trade::weight), trades), 4.0);
  EXPECT_EQ(fold_all(weir::sum(&trade::bought), trades), 2u);
  static_assert(std::is_same_v<result_of<decltype(weir::sum(&trade::price)), trade>, std::int64_t>);
  static_assert(std::is_same_v<result_of<decltype(weir::sum(&trade::amount)), trade>, std::uint64_t>);
  static_assert(std::is_same_v<result_of<decltype(weir::sum(&quote::price)), quote>, double>);
  const std::vector<trade> large(4, {"", INT32_MAX, UINT32_MAX, 0, {}, false});
  EXPECT_EQ(fold_all(weir::sum(&trade::price), large), 4 * std::int64_t{INT32_MAX});
  EXPECT_EQ(fold_all(weir::sum(&trade::amount), large), 4 * std::uint64_t{UINT32_MAX});
}

TEST(sum, wraps_around_so_that_a_total_in_range_is_right) {
  const std::vector<tick> ticks = {{INT64_MAX}, {5}, {INT64_MIN}, {-3}};
  EXPECT_EQ(fold_all(weir::sum(&tick::value), ticks), 1);
}

TEST(min_and_max, order_numbers_times_and_strings) {
  EXPECT_EQ(fold_all(weir::min(&trade::price), trades), -3);
  EXPECT_EQ(fold_all(weir::max(&trade::weight), trades), 2.25);
  EXPECT_EQ(fold_all(weir::min(&trade::symbol), trades), "a");
  EXPECT_EQ(fold_all(weir::max(&trade::at), trades), weir::from_epoch_ms(30));
  static_assert(std::is_same_v<result_of<decltype(weir::max(&trade::price)), trade>, std::int32_t>);
}

TEST(min_and_max, own_the_strings_they_keep) {
  const auto function = weir::bind_aggregate<quote>(weir::max(&quote::symbol));
  auto accumulator = function.create();
  for (const char* const name : {"a name too long for the small buffer", "b name too long for the small buffer",
                                 "a name"}) {
    const std::string bytes = name;  // gone after this turn
    function.add(accumulator, quote{bytes, 0});
  }
  EXPECT_EQ(function.result(accumulator), "b name too long for the small buffer");
  static_assert(std::is_same_v<result_of<decltype(weir::max(&quote::symbol)), quote>, std::string>);
}

TEST(min_and_max, let_nan_give_way_in_any_order) {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const auto value = [](double each) { return each; };
  std::vector<double> values = {nan, 2.0, -1.0};
  std::vector<std::size_t> order = {0, 1, 2};
  do {
    const std::vector<double> ordered = {values[order[0]], values[order[1]], values[order[2]]};
    EXPECT_EQ(fold_all(weir::min(value), ordered), -1.0);
    EXPECT_EQ(fold_all(weir::max(value), ordered), 2.0);
  } while (std::next_permutation(order.begin(), order.end()));
  EXPECT_TRUE(std::isnan(fold_all(weir::min(value), std::vector<double>{nan, nan})));
  for (const auto& zeros : {std::vector<double>{0.0, -0.0}, std::vector<double>{-0.0, 0.0}}) {
    EXPECT_TRUE(std::signbit(fold_all(weir::min(value), zeros)));
    EXPECT_FALSE(std::signbit(fold_all(weir::max(value), zeros)));
  }
}

TEST(avg, divides_once_at_the_end) {
  EXPECT_DOUBLE_EQ(fold_all(weir::avg(&trade::price), trades), 7.0 / 3);
  EXPECT_DOUBLE_EQ(fold_all(weir::avg(&trade::weight), trades), 4.0 / 3);
  EXPECT_TRUE(std::isnan(fold_all(weir::avg(&trade::price), std::vector<trade>())));
}

TEST(first_and_last, go_by_arrival) {
  EXPECT_EQ(fold_all(weir::first(&trade::symbol), trades), "b");
  EXPECT_EQ(fold_all(weir::last(&trade::symbol), trades), "c");
  EXPECT_EQ(fold_all(weir::first(), trades), trades[0]);
  EXPECT_EQ(fold_all(weir::last(), trades), trades[2]);
}

TEST(min_by_and_max_by, keep_the_whole_element) {
  EXPECT_EQ(fold_all(weir::max_by(&trade::price), trades), trades[0]);
  EXPECT_EQ(fold_all(weir::max_by<weir::ties::last>(&trade::price), trades), trades[2]);
  EXPECT_EQ(fold_all(weir::min_by(&trade::price), trades), trades[1]);
  EXPECT_EQ(fold_all(weir::min_by([](const trade& each) { return each.weight; }), trades), trades[1]);
  EXPECT_EQ(fold_all(weir::min_by([](const trade&) { return 0; }), trades), trades[0]);
  EXPECT_EQ(fold_all(weir::min_by<weir::ties::last>([](const trade&) { return 0; }), trades), trades[2]);
}

TEST(aggregates, read_through_functions_and_member_functions) {
  EXPECT_EQ(fold_all(weir::sum([](const trade& each) { return each.price * 10; }), trades), 70);
  EXPECT_EQ(fold_all(weir::sum(&tick::size), std::vector<tick>(5)), 15);
}

TEST(aggregates, name_their_columns) {
  EXPECT_EQ(weir::count().column_name(), "count");
  EXPECT_EQ(weir::sum(&trade::price).column_name(), "sum_price");
  EXPECT_EQ(weir::min(&trade::symbol).column_name(), "min_symbol");
  EXPECT_EQ(weir::max_by(&trade::price).column_name(), "max_by_price");
  EXPECT_EQ(weir::first().column_name(), "first");
  EXPECT_EQ(weir::sum(&tick::value).column_name(), "sum");
  EXPECT_EQ(weir::avg([](const trade&) { return 1; }).column_name(), "avg");
  EXPECT_EQ(weir::count().as<"flights">().column_name(), "flights");
  EXPECT_EQ(weir::sum(&trade::price).as<"turnover">().column_name(), "turnover");
  EXPECT_EQ(weir::aggregate_column_names(weir::count()), std::vector<std::string>{"count"});
}

TEST(aggregates, refuse_elements_that_they_cannot_read) {
  static_assert(weir::aggregate_for<decltype(weir::count()), int>);
  static_assert(weir::aggregate_for<decltype(weir::sum(&trade::price)), trade>);
  static_assert(!weir::aggregate_for<decltype(weir::sum(&trade::price)), quote>);
  static_assert(!weir::aggregate_for<decltype(weir::sum(&trade::symbol)), trade>);
  static_assert(!weir::aggregate_for<decltype(weir::avg(&trade::at)), trade>);
  static_assert(!weir::aggregate_for<int, trade>);
}

TEST(aggregates, state_which_laws_hold) {
  const auto is_order_free = []<class Aggregate>(const Aggregate&) {
    return weir::order_free_aggregate<weir::bound_aggregate_t<Aggregate, trade>>;
  };
  EXPECT_TRUE(is_order_free(weir::count()));
  EXPECT_TRUE(is_order_free(weir::sum(&trade::price)));
  EXPECT_TRUE(is_order_free(weir::avg(&trade::price)));
  EXPECT_TRUE(is_order_free(weir::max(&trade::weight)));
  EXPECT_FALSE(is_order_free(weir::sum(&trade::weight)));
  EXPECT_FALSE(is_order_free(weir::avg(&trade::weight)));
  EXPECT_FALSE(is_order_free(weir::first()));
  EXPECT_FALSE(is_order_free(weir::max_by(&trade::price)));
}

TEST(aggregates, keep_their_laws) {
  check_aggregate_laws("count", weir::count());
  check_aggregate_laws("sum of int", weir::sum(&trade::price));
  check_aggregate_laws("sum of double", weir::sum(&trade::weight));
  check_aggregate_laws("avg", weir::avg(&trade::amount));
  check_aggregate_laws("min of strings", weir::min(&trade::symbol));
  check_aggregate_laws("max", weir::max(&trade::weight));
  check_aggregate_laws("first", weir::first(&trade::symbol));
  check_aggregate_laws("last", weir::last());
  check_aggregate_laws("min_by, first", weir::min_by(&trade::price));
  check_aggregate_laws("max_by, last", weir::max_by<weir::ties::last>(&trade::price));
}

}  // namespace
