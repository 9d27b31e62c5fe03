#include "weir/windows/approx_distinct.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <string>
#include <vector>

#include "tests/windows/aggregate_laws.hpp"
#include "tests/windows/trade.hpp"
#include "weir/core/codec.hpp"

namespace {

using weir::testing::fold_all;
using weir::testing::trade;

const auto self = [](std::uint64_t value) { return value; };

/// So many different values, other ones for each seed.
std::vector<std::uint64_t> different_values(std::uint64_t count, std::uint64_t seed) {
  std::vector<std::uint64_t> values(count);
  for (std::uint64_t i = 0; i < count; ++i) values[i] = seed * 1'000'003 + i;
  return values;
}

/// The error relative to the standard error: of estimates without bias it is 1 on average, as a root mean square.
template <unsigned Precision>
double relative_error(std::uint64_t count, std::uint64_t seeds) {
  double squares = 0;
  for (std::uint64_t seed = 0; seed < seeds; ++seed) {
    const auto estimate = static_cast<double>(fold_all(weir::approx_distinct<Precision>(self), different_values(count, seed)));
    const double error = (estimate - static_cast<double>(count)) / static_cast<double>(count);
    squares += error * error;
  }
  return std::sqrt(squares / static_cast<double>(seeds)) / (1.04 / std::sqrt(std::ldexp(1.0, Precision)));
}

TEST(approx_distinct, is_exact_for_few_values) {
  for (const std::uint64_t count : {1, 2, 100, 512}) {
    std::vector<std::uint64_t> values = different_values(count, 1);
    values.insert(values.end(), values.begin(), values.begin() + static_cast<std::ptrdiff_t>(count / 2));
    EXPECT_EQ(fold_all(weir::approx_distinct(self), values), static_cast<std::int64_t>(count));
  }
}

TEST(approx_distinct, keeps_its_bound_over_many_sets) {
  for (const std::uint64_t count : {600, 2'000, 6'000, 15'000, 60'000}) {
    EXPECT_LT(relative_error<12>(count, 60), 1.2) << count;
  }
  EXPECT_LT(relative_error<8>(30'000, 200), 1.2);
  EXPECT_LT(relative_error<4>(1'000, 400), 1.35);  // sixteen registers are few for a formula that holds in the limit
  EXPECT_LT(relative_error<14>(200'000, 10), 1.5);
}

TEST(approx_distinct, hits_a_bound_that_is_not_loose) { EXPECT_GT(relative_error<12>(60'000, 60), 0.5); }

TEST(approx_distinct, counts_strings_and_records_of_keys) {
  std::vector<trade> trades;
  for (int i = 0; i < 300; ++i) trades.push_back({"s" + std::to_string(i % 70), i % 7, 0, 0, {}, false});
  EXPECT_EQ(fold_all(weir::approx_distinct(&trade::symbol), trades), 70);
  const auto both = [](const trade& each) { return std::pair(each.symbol, each.price); };
  EXPECT_EQ(fold_all(weir::approx_distinct(both), trades), 70);
  static_assert(!weir::aggregate_for<decltype(weir::approx_distinct(&trade::weight)), trade>);
  EXPECT_EQ(weir::approx_distinct(&trade::symbol).column_name(), "approx_distinct_symbol");
}

TEST(approx_distinct, depends_on_the_set_of_values_alone) {
  const auto function = weir::bind_aggregate<std::uint64_t>(weir::approx_distinct<8>(self));
  for (const std::uint64_t count : {20, 33, 500}) {  // hashes, both, registers
    std::vector<std::uint64_t> values = different_values(count, 7);
    const auto in_order = weir::testing::accumulate_all(function, values);
    auto merged = function.create();
    for (std::size_t begin = 0; begin < values.size(); begin += 17) {
      const auto end = std::min(values.size(), begin + 30);  // with values that come twice
      function.merge(merged, weir::testing::accumulate_all(function, std::vector<std::uint64_t>(
                                                                         values.begin() + static_cast<std::ptrdiff_t>(begin),
                                                                         values.begin() + static_cast<std::ptrdiff_t>(end))));
    }
    EXPECT_EQ(merged, in_order) << count;
    std::reverse(values.begin(), values.end());
    EXPECT_EQ(weir::testing::accumulate_all(function, values), in_order) << count;
  }
}

TEST(approx_distinct, takes_memory_for_what_it_holds) {
  const auto function = weir::bind_aggregate<std::uint64_t>(weir::approx_distinct<14>(self));
  const auto bytes_of = [&](std::uint64_t count) {
    std::string bytes;
    weir::encode(weir::testing::accumulate_all(function, different_values(count, 3)), bytes);
    return bytes.size();
  };
  EXPECT_LT(bytes_of(3), 40u);
  EXPECT_LT(bytes_of(2048), 16'500u);
  EXPECT_LT(bytes_of(100'000), 16'500u);
}

TEST(approx_distinct, goes_on_with_another_precision) {
  const auto older = weir::bind_aggregate<std::uint64_t>(weir::approx_distinct<10>(self));
  const auto newer = weir::bind_aggregate<std::uint64_t>(weir::approx_distinct<14>(self));
  auto held = weir::testing::accumulate_all(newer, different_values(40'000, 1));
  newer.merge(held, weir::testing::accumulate_all(older, different_values(40'000, 2)));
  EXPECT_EQ(held.registers.size(), 1024u);
  EXPECT_EQ(held, [&] {
    auto same = weir::testing::accumulate_all(older, different_values(40'000, 1));
    older.merge(same, weir::testing::accumulate_all(older, different_values(40'000, 2)));
    return same;
  }());
}

}  // namespace
