#pragma once
// The laws of an aggregate function, checked over random trades: adding equals merging, merging is associative,
// create() is neutral on both sides, and order does not matter where the function says so.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <random>
#include <string>
#include <vector>

#include "tests/windows/trade.hpp"
#include "weir/windows/aggregate_function.hpp"

namespace weir::testing {

template <class Function, class Element>
typename Function::accumulator_type accumulate_all(const Function& function, const std::vector<Element>& elements) {
  typename Function::accumulator_type accumulator = function.create();
  for (const Element& each : elements) function.add(accumulator, each);
  return accumulator;
}

template <class Aggregate, class Element>
auto fold_all(const Aggregate& aggregate, const std::vector<Element>& elements) {
  const auto function = bind_aggregate<Element>(aggregate);
  static_assert(aggregate_function<std::remove_const_t<decltype(function)>, Element>);
  return function.result(accumulate_all(function, elements));
}

template <class Function>
auto merged(const Function& function, typename Function::accumulator_type accumulator,
            const typename Function::accumulator_type& later) {
  function.merge(accumulator, later);
  return accumulator;
}

template <class Aggregate>
void check_aggregate_laws(const std::string& name, const Aggregate& aggregate) {
  const auto function = bind_aggregate<trade>(aggregate);
  using function_type = std::remove_const_t<decltype(function)>;
  static_assert(mergeable_aggregate<function_type>);
  for (std::uint64_t seed = 1; seed <= 200; ++seed) {
    SCOPED_TRACE(name + ", seed " + std::to_string(seed));
    std::mt19937_64 random(seed);
    const std::vector<trade> first = random_trades(random, 1 + random() % 5);
    const std::vector<trade> second = random_trades(random, random() % 5);
    const std::vector<trade> third = random_trades(random, random() % 5);
    const auto a = accumulate_all(function, first);
    const auto b = accumulate_all(function, second);
    const auto c = accumulate_all(function, third);

    ASSERT_EQ(merged(function, merged(function, a, b), c), merged(function, a, merged(function, b, c)));
    ASSERT_EQ(merged(function, a, function.create()), a);
    ASSERT_EQ(merged(function, function.create(), a), a);

    std::vector<trade> all = first;
    all.insert(all.end(), second.begin(), second.end());
    all.insert(all.end(), third.begin(), third.end());
    const auto result = function.result(accumulate_all(function, all));
    ASSERT_EQ(function.result(merged(function, merged(function, a, b), c)), result);
    if constexpr (function_type::is_commutative) {
      std::shuffle(all.begin(), all.end(), random);
      ASSERT_EQ(function.result(accumulate_all(function, all)), result);
      ASSERT_EQ(function.result(merged(function, c, merged(function, a, b))), result);
    }
  }
}

}  // namespace weir::testing
