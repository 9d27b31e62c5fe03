#pragma once
// variance and stddev: how far values scatter around their mean, in one pass.
#include <cstdint>
#include <functional>
#include <limits>
#include <string_view>
#include <utility>

#include "weir/core/record.hpp"
#include "weir/windows/arithmetic.hpp"
#include "weir/windows/selected_aggregate.hpp"
#include "weir/windows/selector.hpp"

namespace weir {

/// How many values there were, their mean, and the sum of their squared distances from it.
struct variance_accumulator {
  std::int64_t count;
  double mean;
  double squares;
  friend bool operator==(const variance_accumulator&, const variance_accumulator&) = default;
};

template <>
struct record_fields<variance_accumulator> {
  using of = variance_accumulator;
  using type = field_list<field<&of::count, "count">, field<&of::mean, "mean">, field<&of::squares, "squares">>;
};

namespace detail {

/// Adds as Welford (1962) does and merges as Chan, Golub and LeVeque (1979) do: without the cancellation of the sum of
/// squares minus the square of the sum.
template <class Selector, class Element, bool Root>
struct variance_function {
  using accumulator_type = variance_accumulator;
  using result_type = double;
  static constexpr bool is_commutative = true;
  static constexpr bool is_associative = true;
  static constexpr bool is_exact = false;

  constexpr accumulator_type create() const noexcept { return {0, 0, 0}; }
  constexpr void add(accumulator_type& held, const Element& element) const {
    const auto value = static_cast<double>(std::invoke(selector, element));
    ++held.count;
    const double distance = value - held.mean;
    held.mean += distance / static_cast<double>(held.count);
    held.squares += distance * (value - held.mean);
  }
  constexpr void merge(accumulator_type& held, const accumulator_type& later) const noexcept {
    if (later.count == 0) return;
    if (held.count == 0) {
      held = later;
      return;
    }
    const auto before = static_cast<double>(held.count);
    const auto added = static_cast<double>(later.count);
    const double distance = later.mean - held.mean;
    held.count += later.count;
    held.mean += distance * added / (before + added);
    held.squares += later.squares + distance * distance * before * added / (before + added);
  }
  result_type result(const accumulator_type& held) const noexcept {
    if (held.count < 2) return std::numeric_limits<double>::quiet_NaN();
    const double variance = held.squares / static_cast<double>(held.count - 1);
    if constexpr (Root) {
      return __builtin_sqrt(variance);  // <cmath> takes every job longer to parse than all aggregates
    } else {
      return variance;
    }
  }

  [[no_unique_address]] Selector selector;
};

template <bool Root>
struct variance_kind {
  static constexpr std::string_view name = Root ? "stddev" : "variance";
  template <class Value>
  static constexpr bool accepts = summable<Value>;
  template <class Selector, class Element>
  using function = variance_function<Selector, Element, Root>;
};

}  // namespace detail

/// The variance of the values as a sample of more: the squared distances from the mean over n - 1, as double; NaN for a
/// single value.
template <class Selector>
constexpr auto variance(Selector selector) {
  return detail::selected_aggregate<detail::variance_kind<false>, Selector>(std::move(selector));
}

/// The standard deviation, the square root of the variance.
template <class Selector>
constexpr auto stddev(Selector selector) {
  return detail::selected_aggregate<detail::variance_kind<true>, Selector>(std::move(selector));
}

}  // namespace weir
