#include "weir/windows/variance.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "tests/windows/aggregate_laws.hpp"
#include "tests/windows/trade.hpp"

namespace {

using weir::testing::accumulate_all;
using weir::testing::fold_all;
using weir::testing::trade;

const auto self = [](double value) { return value; };

TEST(variance, is_that_of_a_sample) {
  const std::vector<double> values{2, 4, 4, 4, 5, 5, 7, 9};  // squared distances from the mean, 5, add up to 32
  EXPECT_DOUBLE_EQ(fold_all(weir::variance(self), values), 32.0 / 7);
  EXPECT_DOUBLE_EQ(fold_all(weir::stddev(self), values), std::sqrt(32.0 / 7));
  EXPECT_EQ(fold_all(weir::variance(self), std::vector<double>{3, 3}), 0.0);
  EXPECT_TRUE(std::isnan(fold_all(weir::variance(self), std::vector<double>{3})));
}

TEST(variance, does_not_cancel_where_values_are_large_and_close) {
  const std::vector<double> values{1e9 + 4, 1e9 + 7, 1e9 + 13, 1e9 + 16};
  EXPECT_DOUBLE_EQ(fold_all(weir::variance(self), values), 30.0);
  const auto function = weir::bind_aggregate<double>(weir::variance(self));
  auto merged = accumulate_all(function, std::vector<double>{1e9 + 4, 1e9 + 7});
  function.merge(merged, accumulate_all(function, std::vector<double>{1e9 + 13, 1e9 + 16}));
  EXPECT_DOUBLE_EQ(function.result(merged), 30.0);
}

TEST(variance, reads_integers_and_names_its_column) {
  const std::vector<trade> trades{{"a", 1, 0, 0, {}, false}, {"b", 3, 0, 0, {}, false}};
  EXPECT_DOUBLE_EQ(fold_all(weir::variance(&trade::price), trades), 2.0);
  EXPECT_EQ(weir::variance(&trade::price).column_name(), "variance_price");
  EXPECT_EQ(weir::stddev(&trade::price).column_name(), "stddev_price");
}

}  // namespace
