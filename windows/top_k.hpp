#pragma once
// top_k: the largest values; top_k_by: the elements that have them.
#include <algorithm>
#include <cstddef>
#include <functional>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "weir/core/owned.hpp"
#include "weir/windows/arithmetic.hpp"
#include "weir/windows/listable.hpp"
#include "weir/windows/selected_aggregate.hpp"
#include "weir/windows/selector.hpp"

namespace weir {
namespace detail {

/// The `Count` largest values in descending order, equal ones by arrival. With `Whole` they are elements, compared by
/// the value that `selector` reads.
template <class Selector, class Element, std::size_t Count, bool Whole>
struct top_k_function {
  using value_type = selected_t<Selector, Element>;
  using kept_type = std::conditional_t<Whole, Element, value_type>;
  using accumulator_type = std::vector<owned_t<kept_type>>;
  using result_type = accumulator_type;
  static constexpr bool is_commutative = !Whole;  // which of equal elements is kept depends on their order
  static constexpr bool is_associative = true;
  static constexpr bool is_exact = true;

  accumulator_type create() const { return {}; }
  void add(accumulator_type& held, const Element& element) const {
    if constexpr (Whole) {
      insert(held, element);
    } else {
      const value_type& value = std::invoke(selector, element);
      insert(held, value);
    }
  }
  void merge(accumulator_type& held, const accumulator_type& later) const {
    for (const auto& each : later) {
      if (!insert(held, borrow<kept_type>(each))) return;  // the rest is smaller
    }
  }
  result_type result(const accumulator_type& held) const { return held; }

  [[no_unique_address]] Selector selector;

 private:
  bool larger_than(const kept_type& left, const kept_type& right) const {
    if constexpr (Whole) {
      const value_type& of_left = std::invoke(selector, left);
      const value_type& of_right = std::invoke(selector, right);
      return more_extreme<larger, value_type>(of_left, of_right);
    } else {
      return more_extreme<larger, value_type>(left, right);
    }
  }

  /// Whether it is among the largest.
  bool insert(accumulator_type& held, const kept_type& candidate) const {
    if (held.size() == Count && !larger_than(candidate, borrow<kept_type>(held.back()))) return false;
    const auto place = std::find_if(held.begin(), held.end(), [&](const auto& each) {
      return larger_than(candidate, borrow<kept_type>(each));
    });
    held.emplace(place, candidate);
    if (held.size() > Count) held.pop_back();
    return true;
  }
};

template <std::size_t Count, bool Whole>
struct top_k_kind {
  static constexpr std::string_view name = Whole ? "top_k_by" : "top_k";
  template <class Value>
  static constexpr bool accepts = orderable<Value> && (Whole || listable<Value>);
  template <class Selector, class Element>
  using function = top_k_function<Selector, Element, Count, Whole>;
};

}  // namespace detail

/// The `Count` largest values (fewer if there are fewer), the largest first, as a std::vector; a value that comes twice
/// stands there twice. NaN comes last. For small numbers: each record may look at all of them.
template <std::size_t Count, class Selector>
constexpr auto top_k(Selector selector) {
  static_assert(Count > 0, "weir: top_k<0>(...) keeps nothing; write how many values to keep");
  return detail::selected_aggregate<detail::top_k_kind<Count, false>, Selector>(std::move(selector));
}

/// The whole elements with the `Count` largest values, the largest first; of equal ones those that arrived first.
template <std::size_t Count, class Selector>
constexpr auto top_k_by(Selector selector) {
  static_assert(Count > 0, "weir: top_k_by<0>(...) keeps nothing; write how many elements to keep");
  return detail::selected_aggregate<detail::top_k_kind<Count, true>, Selector>(std::move(selector));
}

}  // namespace weir
