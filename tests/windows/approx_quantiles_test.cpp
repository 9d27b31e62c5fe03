#include "weir/windows/approx_quantiles.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include "tests/windows/aggregate_laws.hpp"
#include "tests/windows/trade.hpp"
#include "weir/core/codec.hpp"
#include "weir/core/error.hpp"

namespace {

using weir::testing::accumulate_all;
using weir::testing::fold_all;
using weir::testing::trade;

const auto self = [](double value) { return value; };

std::vector<double> random_values(std::size_t count, std::uint64_t seed) {
  std::mt19937_64 random(seed);
  std::vector<double> values(count);
  for (double& each : values) {
    const double part = static_cast<double>(random() >> 11) * 0x1p-53;
    each = std::exp(8 * part);  // skewed, as latencies are
  }
  return values;
}

/// How far the part of `sorted` that is no larger than `value` lies from `quantile`.
double rank_error(const std::vector<double>& sorted, double value, double quantile) {
  const auto [first, last] = std::equal_range(sorted.begin(), sorted.end(), value);
  const double low = static_cast<double>(first - sorted.begin()) / static_cast<double>(sorted.size());
  const double high = static_cast<double>(last - sorted.begin()) / static_cast<double>(sorted.size());
  return quantile < low ? low - quantile : quantile > high ? quantile - high : 0;
}

TEST(approx_quantiles, are_exact_for_few_values) {
  std::vector<double> values;
  for (int i = 200; i >= 1; --i) values.push_back(i);
  EXPECT_EQ(fold_all(weir::approx_quantiles(self, {0, 0.005, 0.5, 0.505, 0.99, 1}), values),
            (std::vector<double>{1, 1, 100, 101, 198, 200}));
  EXPECT_EQ(fold_all(weir::approx_quantile(self, 0.5), std::vector<double>{3}), 3);
}

/// Of 2 answers per draw no more than 1 in 100 may miss the bound, which is that of single answers.
void expect_bound(std::size_t count, std::size_t parts) {
  const auto function = weir::bind_aggregate<double>(weir::approx_quantiles(self, {0.5, 0.99}));
  int missed = 0;
  double squares = 0;
  constexpr int seeds = 150;
  for (std::uint64_t seed = 1; seed <= seeds; ++seed) {
    std::vector<double> values = random_values(count, seed);
    auto held = function.create();
    const std::size_t each_part = (count + parts - 1) / parts;
    for (std::size_t begin = 0; begin < count; begin += each_part) {
      const auto end = std::min(begin + each_part, count);
      function.merge(held, accumulate_all(function, std::vector<double>(values.begin() + static_cast<std::ptrdiff_t>(begin),
                                                                        values.begin() + static_cast<std::ptrdiff_t>(end))));
    }
    std::sort(values.begin(), values.end());
    const std::vector<double> found = function.result(held);
    for (const auto& [value, quantile] : {std::pair(found[0], 0.5), std::pair(found[1], 0.99)}) {
      const double error = rank_error(values, value, quantile);
      squares += error * error;
      if (error > 0.0165) ++missed;
    }
    EXPECT_EQ(held.count, count);
  }
  EXPECT_LE(missed, 2 * seeds / 100) << count << " values in " << parts << " parts";
  EXPECT_LT(std::sqrt(squares / (2 * seeds)), 0.0165 / 2.0);
}

TEST(approx_quantiles, keep_their_bound_over_many_draws) {
  expect_bound(1'000, 1);
  expect_bound(8'000, 1);
}

TEST(approx_quantiles, keep_their_bound_when_sketches_are_merged) {
  expect_bound(4'000, 60);
  expect_bound(5'000, 500);
}

TEST(approx_quantiles, err_less_with_a_larger_size) {
  double errors[2] = {0, 0};
  for (std::uint64_t seed = 1; seed <= 30; ++seed) {
    std::vector<double> values = random_values(8'000, seed);
    const double small = fold_all(weir::approx_quantile<50>(self, 0.5), values);
    const double large = fold_all(weir::approx_quantile<800>(self, 0.5), values);
    std::sort(values.begin(), values.end());
    errors[0] += rank_error(values, small, 0.5);
    errors[1] += rank_error(values, large, 0.5);
  }
  EXPECT_LT(errors[1] * 4, errors[0]);
}

TEST(approx_quantiles, take_bounded_memory) {
  const auto function = weir::bind_aggregate<double>(weir::approx_quantile(self, 0.5));
  const auto bytes_of = [&](std::size_t count) {
    std::string bytes;
    weir::encode(accumulate_all(function, random_values(count, 1)), bytes);
    return bytes.size();
  };
  EXPECT_LT(bytes_of(3), 80u);
  EXPECT_LT(bytes_of(100'000), 6'000u);
}

TEST(approx_quantiles, are_the_same_for_the_same_values_in_the_same_order) {
  const std::vector<double> values = random_values(5'000, 3);
  const auto once = fold_all(weir::approx_quantiles(self, {0.1, 0.9}), values);
  EXPECT_EQ(fold_all(weir::approx_quantiles(self, {0.1, 0.9}), values), once);
}

TEST(approx_quantiles, leave_nan_out) {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  EXPECT_EQ(fold_all(weir::approx_quantile(self, 1), std::vector<double>{nan, 2, nan}), 2);
  EXPECT_TRUE(std::isnan(fold_all(weir::approx_quantile(self, 0.5), std::vector<double>{nan})));
}

TEST(approx_quantiles, read_numbers_and_name_their_columns) {
  const std::vector<trade> trades{{"a", 1, 7, 0, {}, false}, {"b", 3, 9, 0, {}, false}};
  EXPECT_EQ(fold_all(weir::approx_quantiles(&trade::amount, {0.5, 1}), trades), (std::vector<std::uint32_t>{7, 9}));
  EXPECT_EQ(weir::approx_quantiles(&trade::price, {0.5}).column_name(), "approx_quantiles_price");
  EXPECT_EQ(weir::approx_quantile(&trade::price, 0.5).as<"median">().column_name(), "median");
  static_assert(!weir::aggregate_for<decltype(weir::approx_quantile(&trade::symbol, 0.5)), trade>);
  static_assert(!weir::aggregate_for<decltype(weir::approx_quantile(&trade::bought, 0.5)), trade>);
}

TEST(approx_quantiles, refuse_what_is_no_quantile) {
  EXPECT_THROW(weir::approx_quantile(self, 1.5), weir::error);
  EXPECT_THROW(weir::approx_quantile(self, std::nan("")), weir::error);
  EXPECT_THROW(weir::approx_quantiles(self, {}), weir::error);
}

}  // namespace
