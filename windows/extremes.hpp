#pragma once
// min and max, of a value; min_by and max_by, which keep the whole element that has it.
#include <cstdint>
#include <functional>
#include <optional>
#include <string_view>
#include <type_traits>
#include <utility>

#include "weir/core/owned.hpp"
#include "weir/windows/arithmetic.hpp"
#include "weir/windows/selected_aggregate.hpp"
#include "weir/windows/selector.hpp"

namespace weir {

/// Which of several elements with the same extreme value min_by and max_by keep.
enum class ties : std::uint8_t { first, last };

namespace detail {

template <class Selector, class Element, class Order>
struct extreme_function {
  using value_type = selected_t<Selector, Element>;
  using accumulator_type = std::optional<owned_t<value_type>>;
  using result_type = typename accumulator_type::value_type;
  static constexpr bool is_commutative = true;
  static constexpr bool is_associative = true;
  static constexpr bool is_exact = true;
  static constexpr bool is_idempotent = true;

  constexpr accumulator_type create() const { return std::nullopt; }
  constexpr void add(accumulator_type& held, const Element& element) const {
    const value_type& value = std::invoke(selector, element);
    if (!held) {
      held.emplace(value);
    } else if (more_extreme<Order, value_type>(value, borrow<value_type>(*held))) {
      *held = value;
    }
  }
  constexpr void merge(accumulator_type& held, const accumulator_type& later) const {
    if (!later) return;
    if (!held || more_extreme<Order, value_type>(borrow<value_type>(*later), borrow<value_type>(*held))) held = later;
  }
  constexpr result_type result(const accumulator_type& held) const { return held.value(); }

  [[no_unique_address]] Selector selector;
};

template <class Selector, class Element, class Order, ties Ties>
struct extreme_by_function {
  using accumulator_type = std::optional<owned_t<Element>>;
  using result_type = owned_t<Element>;
  static constexpr bool is_commutative = false;  // which of equal elements is kept depends on their order
  static constexpr bool is_associative = true;
  static constexpr bool is_exact = true;
  static constexpr bool is_idempotent = true;
  static constexpr bool is_selective = true;  // by_arrival.hpp

  constexpr accumulator_type create() const { return std::nullopt; }
  /// Whether the element is taken; merge() likewise.
  constexpr bool add(accumulator_type& held, const Element& element) const {
    if (!held) {
      held.emplace(element);
      return true;
    }
    if (!replaces(element, borrow<Element>(*held))) return false;
    *held = element;
    return true;
  }
  constexpr bool merge(accumulator_type& held, const accumulator_type& later) const {
    if (!later || (held && !replaces(borrow<Element>(*later), borrow<Element>(*held)))) return false;
    held = later;
    return true;
  }
  constexpr result_type result(const accumulator_type& held) const { return held.value(); }

  /// Whether `candidate`, which came later, takes the place of `held`.
  constexpr bool replaces(const Element& candidate, const Element& held) const {
    using value_type = selected_t<Selector, Element>;
    const value_type& candidate_value = std::invoke(selector, candidate);
    const value_type& held_value = std::invoke(selector, held);
    if constexpr (Ties == ties::first) {
      return more_extreme<Order, value_type>(candidate_value, held_value);
    } else {
      return !more_extreme<Order, value_type>(held_value, candidate_value);
    }
  }

  [[no_unique_address]] Selector selector;
};

template <class Order>
struct extreme_kind {
  using order = Order;
  static constexpr std::string_view name = std::is_same_v<Order, smaller> ? "min" : "max";
  template <class Value>
  static constexpr bool accepts = orderable<Value>;
  template <class Selector, class Element>
  using function = extreme_function<Selector, Element, Order>;
};

template <class Order, ties Ties>
struct extreme_by_kind {
  using order = Order;
  static constexpr ties tie_rule = Ties;
  static constexpr std::string_view name = std::is_same_v<Order, smaller> ? "min_by" : "max_by";
  template <class Value>
  static constexpr bool accepts = orderable<Value>;
  template <class Selector, class Element>
  using function = extreme_by_function<Selector, Element, Order, Ties>;
};

}  // namespace detail

/// The smallest value. NaN only if there was nothing else.
template <class Selector>
constexpr auto min(Selector selector) {
  return detail::selected_aggregate<detail::extreme_kind<detail::smaller>, Selector>(std::move(selector));
}

/// The largest value. NaN only if there was nothing else.
template <class Selector>
constexpr auto max(Selector selector) {
  return detail::selected_aggregate<detail::extreme_kind<detail::larger>, Selector>(std::move(selector));
}

/// The whole element with the smallest value; of equal ones the first that arrived, or the last with ties::last.
template <ties Ties = ties::first, class Selector>
constexpr auto min_by(Selector selector) {
  return detail::selected_aggregate<detail::extreme_by_kind<detail::smaller, Ties>, Selector>(std::move(selector));
}

/// The whole element with the largest value; of equal ones the first that arrived, or the last with ties::last.
template <ties Ties = ties::first, class Selector>
constexpr auto max_by(Selector selector) {
  return detail::selected_aggregate<detail::extreme_by_kind<detail::larger, Ties>, Selector>(std::move(selector));
}

}  // namespace weir
