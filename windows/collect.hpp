#pragma once
// collect: all values of a window.
#include <functional>
#include <string_view>
#include <utility>
#include <vector>

#include "weir/core/owned.hpp"
#include "weir/windows/listable.hpp"
#include "weir/windows/selected_aggregate.hpp"
#include "weir/windows/selector.hpp"

namespace weir {
namespace detail {

template <class Selector, class Element>
struct collect_function {
  using accumulator_type = std::vector<owned_t<selected_t<Selector, Element>>>;
  using result_type = accumulator_type;
  static constexpr bool is_commutative = false;
  static constexpr bool is_associative = true;
  static constexpr bool is_exact = true;

  accumulator_type create() const { return {}; }
  void add(accumulator_type& held, const Element& element) const { held.emplace_back(std::invoke(selector, element)); }
  void merge(accumulator_type& held, const accumulator_type& later) const {
    held.insert(held.end(), later.begin(), later.end());
  }
  result_type result(const accumulator_type& held) const { return held; }

  [[no_unique_address]] Selector selector;
};

struct collect_kind {
  static constexpr std::string_view name = "collect";
  template <class Value>
  static constexpr bool accepts = listable<Value>;
  template <class Selector, class Element>
  using function = collect_function<Selector, Element>;
};

}  // namespace detail

/// All values in the order in which they arrived, as a std::vector; the elements themselves without a selector. Its
/// state grows with every record: prefer an aggregate that says what is done with them.
template <class Selector = detail::whole_element>
constexpr auto collect(Selector selector = {}) {
  return detail::selected_aggregate<detail::collect_kind, Selector>(std::move(selector));
}

}  // namespace weir
