// The aggregates whose result is several values: top_k, top_k_by, collect, distinct, and count_distinct.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <random>
#include <set>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "tests/windows/aggregate_laws.hpp"
#include "tests/windows/trade.hpp"
#include "weir/windows/collect.hpp"
#include "weir/windows/distinct.hpp"
#include "weir/windows/top_k.hpp"

namespace {

using weir::testing::fold_all;
using weir::testing::trade;

struct quote {
  BOOST_HANA_DEFINE_STRUCT(quote, (std::string_view, symbol), (std::int32_t, price));
};

const std::vector<trade> trades = {{"b", 5, 2, 1.5, {}, true},
                                   {"a", -3, 4, 0.25, {}, false},
                                   {"c", 5, 1, 2.25, {}, true},
                                   {"d", 1, 1, 2.25, {}, true}};

TEST(top_k, keeps_the_largest_values_in_descending_order) {
  EXPECT_EQ(fold_all(weir::top_k<3>(&trade::price), trades), (std::vector<std::int32_t>{5, 5, 1}));
  EXPECT_EQ(fold_all(weir::top_k<1>(&trade::symbol), trades), (std::vector<std::string>{"d"}));
  EXPECT_EQ(fold_all(weir::top_k<9>(&trade::weight), trades), (std::vector<double>{2.25, 2.25, 1.5, 0.25}));
}

TEST(top_k, keeps_what_sorting_keeps) {
  const auto self = [](std::int64_t value) { return value; };
  for (std::uint64_t seed = 1; seed <= 50; ++seed) {
    std::mt19937_64 random(seed);
    std::vector<std::int64_t> values(1 + random() % 100);
    for (auto& each : values) each = static_cast<std::int64_t>(random() % 40);
    const auto found = fold_all(weir::top_k<10>(self), values);
    std::sort(values.rbegin(), values.rend());
    values.resize(std::min<std::size_t>(values.size(), 10));
    EXPECT_EQ(found, values) << "seed " << seed;
  }
}

TEST(top_k, puts_nan_last) {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const auto found = fold_all(weir::top_k<3>([](double value) { return value; }), std::vector<double>{nan, 1, nan, 2});
  ASSERT_EQ(found.size(), 3u);
  EXPECT_EQ(found[0], 2);
  EXPECT_EQ(found[1], 1);
  EXPECT_TRUE(std::isnan(found[2]));
}

TEST(top_k_by, keeps_whole_elements_and_of_equal_ones_the_first) {
  const auto found = fold_all(weir::top_k_by<2>(&trade::weight), trades);
  EXPECT_EQ(found, (std::vector<trade>{trades[2], trades[3]}));
  EXPECT_EQ(fold_all(weir::top_k_by<1>(&trade::weight), trades), (std::vector<trade>{trades[2]}));
}

TEST(collect, keeps_all_values_by_arrival) {
  EXPECT_EQ(fold_all(weir::collect(&trade::price), trades), (std::vector<std::int32_t>{5, -3, 5, 1}));
  EXPECT_EQ(fold_all(weir::collect(), trades), trades);
}

TEST(collect, owns_the_strings_it_keeps) {
  const auto function = weir::bind_aggregate<quote>(weir::collect(&quote::symbol));
  auto held = function.create();
  for (const char* const name : {"a name too long for the small buffer", "another name too long for it"}) {
    const std::string bytes = name;  // gone after this turn
    function.add(held, quote{bytes, 0});
  }
  EXPECT_EQ(function.result(held),
            (std::vector<std::string>{"a name too long for the small buffer", "another name too long for it"}));
}

TEST(distinct, gives_each_value_once_in_ascending_order) {
  EXPECT_EQ(fold_all(weir::distinct(&trade::price), trades), (std::vector<std::int32_t>{-3, 1, 5}));
  EXPECT_EQ(fold_all(weir::count_distinct(&trade::price), trades), 3);
  const std::vector<quote> quotes{{"x", 1}, {"a", 1}, {"x", 2}};
  EXPECT_EQ(fold_all(weir::distinct(&quote::symbol), quotes), (std::vector<std::string>{"a", "x"}));
}

TEST(distinct, counts_as_a_set_does) {
  const auto self = [](std::uint64_t value) { return value; };
  const auto function = weir::bind_aggregate<std::uint64_t>(weir::distinct(self));
  for (std::uint64_t seed = 1; seed <= 50; ++seed) {
    std::mt19937_64 random(seed);
    const std::uint64_t range = 1 + random() % 3000;
    std::set<std::uint64_t> expected;
    auto held = function.create();
    auto other = function.create();
    for (int i = 0; i < 2000; ++i) {
      const std::uint64_t value = random() % range;
      expected.insert(value);
      function.add(random() % 3 == 0 ? other : held, value);
    }
    function.merge(held, other);
    EXPECT_EQ(function.result(held), std::vector<std::uint64_t>(expected.begin(), expected.end())) << "seed " << seed;
  }
}

TEST(several_values, name_their_columns) {
  EXPECT_EQ(weir::top_k<3>(&trade::price).column_name(), "top_k_price");
  EXPECT_EQ(weir::top_k_by<3>(&trade::price).as<"best">().column_name(), "best");
  EXPECT_EQ(weir::collect().column_name(), "collect");
  EXPECT_EQ(weir::distinct(&trade::symbol).column_name(), "distinct_symbol");
  EXPECT_EQ(weir::count_distinct(&trade::symbol).column_name(), "count_distinct_symbol");
}

TEST(several_values, refuse_what_no_vector_holds_or_nothing_orders) {
  static_assert(weir::aggregate_for<decltype(weir::collect(&trade::price)), trade>);
  static_assert(!weir::aggregate_for<decltype(weir::collect(&trade::bought)), trade>);
  static_assert(!weir::aggregate_for<decltype(weir::distinct(&trade::weight)), trade>);
  static_assert(!weir::aggregate_for<decltype(weir::top_k<2>(&trade::bought)), trade>);
  static_assert(weir::aggregate_for<decltype(weir::top_k_by<2>(&trade::bought)), trade>);
}

}  // namespace
