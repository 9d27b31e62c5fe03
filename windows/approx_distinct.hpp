#pragma once
// approx_distinct: how many different values there are, within a known error and in bounded memory.
#include <cstdint>
#include <functional>
#include <string_view>
#include <utility>

#include "weir/core/hash.hpp"
#include "weir/windows/distinct_sketch.hpp"
#include "weir/windows/selected_aggregate.hpp"
#include "weir/windows/selector.hpp"

namespace weir {
namespace detail {

template <class Selector, class Element, unsigned Precision>
struct approx_distinct_function {
  using accumulator_type = distinct_sketch;
  using result_type = std::int64_t;
  static constexpr bool is_commutative = true;
  static constexpr bool is_associative = true;
  static constexpr bool is_exact = true;  // the estimate is of the set of values, whatever their order
  static constexpr bool is_idempotent = true;

  accumulator_type create() const { return {}; }
  void add(accumulator_type& sketch, const Element& element) const {
    add_to_sketch(sketch, stable_hash(std::invoke(selector, element)), Precision);
  }
  void merge(accumulator_type& sketch, const accumulator_type& later) const {
    merge_sketches(sketch, later, Precision);
  }
  result_type result(const accumulator_type& sketch) const { return rounded_count(sketch); }

  [[no_unique_address]] Selector selector;
};

template <unsigned Precision>
struct approx_distinct_kind {
  static constexpr std::string_view name = "approx_distinct";
  template <class Value>
  static constexpr bool accepts = hashable_key<Value>;
  template <class Selector, class Element>
  using function = approx_distinct_function<Selector, Element, Precision>;
};

}  // namespace detail

/// How many different values there are, about, as std::int64_t: exact up to 2^Precision / 8 values, beyond that with a
/// standard error of 1.04 / sqrt(2^Precision), so 1.6 % for 12. Takes 8 bytes for each different value and 2^Precision
/// at most. Values are what keys may be: integers, enums, strings, timestamps, records of these.
template <unsigned Precision = 12, class Selector>
constexpr auto approx_distinct(Selector selector) {
  static_assert(Precision >= 4 && Precision <= 18,
                "weir: approx_distinct<Precision>(...) takes a precision from 4 to 18; 12 errs by 1.6 %, two more halve it");
  return detail::selected_aggregate<detail::approx_distinct_kind<Precision>, Selector>(std::move(selector));
}

}  // namespace weir
