#pragma once
// distinct: the different values; count_distinct: how many there are. Exact, so their state holds every one of them;
// windows/approx_distinct.hpp counts in bounded memory.
#include <algorithm>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <iterator>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "weir/core/owned.hpp"
#include "weir/core/record.hpp"
#include "weir/windows/arithmetic.hpp"
#include "weir/windows/listable.hpp"
#include "weir/windows/selected_aggregate.hpp"
#include "weir/windows/selector.hpp"

namespace weir {

/// A set that has a binary form: values in ascending order, and some that came since and may be among them.
template <class Value>
struct distinct_accumulator {
  std::vector<Value> sorted;
  std::vector<Value> recent;
};

template <class Value>
struct record_fields<distinct_accumulator<Value>> {
  using of = distinct_accumulator<Value>;
  using type = field_list<field<&of::sorted, "sorted">, field<&of::recent, "recent">>;
};

namespace detail {

/// Both in ascending order and without repetition; so is the union.
template <class Value>
std::vector<Value> sorted_union(const std::vector<Value>& left, const std::vector<Value>& right) {
  std::vector<Value> all;
  all.reserve(left.size() + right.size());
  std::set_union(left.begin(), left.end(), right.begin(), right.end(), std::back_inserter(all));
  return all;
}

template <class Value>
std::vector<Value> sorted_set(std::vector<Value> values) {
  std::sort(values.begin(), values.end());
  values.erase(std::unique(values.begin(), values.end(), [](const Value& a, const Value& b) { return !(a < b); }),
               values.end());
  return values;
}

template <class Selector, class Element, bool Counts>
struct distinct_function {
  using value_type = selected_t<Selector, Element>;
  using accumulator_type = distinct_accumulator<owned_t<value_type>>;
  using result_type = std::conditional_t<Counts, std::int64_t, std::vector<owned_t<value_type>>>;
  static constexpr bool is_commutative = true;
  static constexpr bool is_associative = true;
  static constexpr bool is_exact = true;
  static constexpr bool is_idempotent = true;

  accumulator_type create() const { return {}; }
  /// New values wait until there are a quarter as many as were sorted, so that each is moved a few times only.
  void add(accumulator_type& held, const Element& element) const {
    const value_type& value = std::invoke(selector, element);
    if (std::binary_search(held.sorted.begin(), held.sorted.end(), value, std::less<>{})) return;
    held.recent.emplace_back(value);
    if (held.recent.size() < recent_min || held.recent.size() < held.sorted.size() / 4) return;
    held.sorted = all_of(held);
    held.recent.clear();
  }
  void merge(accumulator_type& held, const accumulator_type& later) const {
    held.sorted = sorted_union(all_of(held), all_of(later));
    held.recent.clear();
  }
  result_type result(const accumulator_type& held) const {
    if constexpr (Counts) {
      return static_cast<std::int64_t>(all_of(held).size());
    } else {
      return all_of(held);
    }
  }

  [[no_unique_address]] Selector selector;

 private:
  static constexpr std::size_t recent_min = 16;

  static std::vector<owned_t<value_type>> all_of(const accumulator_type& held) {
    if (held.recent.empty()) return held.sorted;
    return sorted_union(held.sorted, sorted_set(held.recent));
  }
};

template <bool Counts>
struct distinct_kind {
  static constexpr std::string_view name = Counts ? "count_distinct" : "distinct";
  template <class Value>
  static constexpr bool accepts = orderable<owned_t<Value>> && !std::floating_point<Value> && listable<Value>;
  template <class Selector, class Element>
  using function = distinct_function<Selector, Element, Counts>;
};

}  // namespace detail

/// The different values in ascending order, as a std::vector. Integers, enums, strings, timestamps and whatever else
/// has a <; no floating point.
template <class Selector>
constexpr auto distinct(Selector selector) {
  return detail::selected_aggregate<detail::distinct_kind<false>, Selector>(std::move(selector));
}

/// How many different values there are, as std::int64_t, exactly.
template <class Selector>
constexpr auto count_distinct(Selector selector) {
  return detail::selected_aggregate<detail::distinct_kind<true>, Selector>(std::move(selector));
}

}  // namespace weir
