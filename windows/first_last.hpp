#pragma once
// first and last, by arrival.
#include <functional>
#include <optional>
#include <string_view>
#include <utility>

#include "weir/core/owned.hpp"
#include "weir/windows/selected_aggregate.hpp"
#include "weir/windows/selector.hpp"

namespace weir {
namespace detail {

template <class Selector, class Element, bool Last>
struct edge_function {
  using accumulator_type = std::optional<owned_t<selected_t<Selector, Element>>>;
  using result_type = typename accumulator_type::value_type;
  static constexpr bool is_commutative = false;
  static constexpr bool is_associative = true;
  static constexpr bool is_exact = true;
  static constexpr bool is_idempotent = true;
  static constexpr bool is_selective = true;  // by_arrival.hpp

  constexpr accumulator_type create() const { return std::nullopt; }
  /// Whether the element is taken; merge() likewise.
  constexpr bool add(accumulator_type& held, const Element& element) const {
    if (!held) {
      held.emplace(std::invoke(selector, element));
      return true;
    }
    if constexpr (Last) *held = std::invoke(selector, element);
    return Last;
  }
  constexpr bool merge(accumulator_type& held, const accumulator_type& later) const {
    if (!later || (held && !Last)) return false;
    held = later;
    return true;
  }
  constexpr result_type result(const accumulator_type& held) const { return held.value(); }

  [[no_unique_address]] Selector selector;
};

template <bool Last>
struct edge_kind {
  static constexpr std::string_view name = Last ? "last" : "first";
  template <class Value>
  static constexpr bool accepts = true;
  template <class Selector, class Element>
  using function = edge_function<Selector, Element, Last>;
};

}  // namespace detail

/// The value of the element that arrived first; the element itself without a selector.
template <class Selector = detail::whole_element>
constexpr auto first(Selector selector = {}) {
  return detail::selected_aggregate<detail::edge_kind<false>, Selector>(std::move(selector));
}

/// The value of the element that arrived last; the element itself without a selector.
template <class Selector = detail::whole_element>
constexpr auto last(Selector selector = {}) {
  return detail::selected_aggregate<detail::edge_kind<true>, Selector>(std::move(selector));
}

}  // namespace weir
