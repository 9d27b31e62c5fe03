#pragma once
// count, sum and avg: what can be added up, and, but for floating point, subtracted again.
#include <concepts>
#include <cstdint>
#include <functional>
#include <limits>
#include <string>
#include <string_view>
#include <utility>

#include "weir/core/record.hpp"
#include "weir/windows/arithmetic.hpp"
#include "weir/windows/selected_aggregate.hpp"
#include "weir/windows/selector.hpp"

namespace weir {

/// The sum and the number of the values averaged.
template <class Sum>
struct avg_accumulator {
  Sum sum;
  std::int64_t count;
  friend bool operator==(const avg_accumulator&, const avg_accumulator&) = default;
};

template <class Sum>
struct record_fields<avg_accumulator<Sum>> {
  using of = avg_accumulator<Sum>;
  using type = field_list<field<&of::sum, "sum">, field<&of::count, "count">>;
};

namespace detail {

class count_aggregate : public named_column<count_aggregate> {
 public:
  using accumulator_type = std::int64_t;
  using result_type = std::int64_t;
  static constexpr bool is_commutative = true;
  static constexpr bool is_associative = true;
  static constexpr bool is_exact = true;
  static constexpr bool is_invertible = true;

  constexpr accumulator_type create() const noexcept { return 0; }
  template <class Element>
  constexpr void add(accumulator_type& count, const Element&) const noexcept {
    ++count;
  }
  constexpr void merge(accumulator_type& count, const accumulator_type& later) const noexcept { count += later; }
  template <class Element>
  constexpr void retract(accumulator_type& count, const Element&) const noexcept {
    --count;
  }
  constexpr void unmerge(accumulator_type& count, const accumulator_type& older) const noexcept { count -= older; }
  constexpr result_type result(const accumulator_type& count) const noexcept { return count; }

  std::string column_name() const { return given_name().empty() ? "count" : std::string(given_name()); }
};

template <class Selector, class Element>
struct sum_function {
  using accumulator_type = sum_t<selected_t<Selector, Element>>;
  using result_type = accumulator_type;
  static constexpr bool is_commutative = true;
  static constexpr bool is_associative = true;
  static constexpr bool is_exact = !std::floating_point<accumulator_type>;
  static constexpr bool is_invertible = is_exact;  // what floating-point numbers have rounded away is gone

  constexpr accumulator_type create() const noexcept { return 0; }
  constexpr void add(accumulator_type& sum, const Element& element) const {
    sum = wrapping_add(sum, static_cast<accumulator_type>(std::invoke(selector, element)));
  }
  constexpr void merge(accumulator_type& sum, const accumulator_type& later) const noexcept {
    sum = wrapping_add(sum, later);
  }
  constexpr void retract(accumulator_type& sum, const Element& element) const {
    sum = wrapping_subtract(sum, static_cast<accumulator_type>(std::invoke(selector, element)));
  }
  constexpr void unmerge(accumulator_type& sum, const accumulator_type& older) const noexcept {
    sum = wrapping_subtract(sum, older);
  }
  constexpr result_type result(const accumulator_type& sum) const noexcept { return sum; }

  [[no_unique_address]] Selector selector;
};

template <class Selector, class Element>
struct avg_function {
  using sum_type = sum_t<selected_t<Selector, Element>>;
  using accumulator_type = avg_accumulator<sum_type>;
  using result_type = double;
  static constexpr bool is_commutative = true;
  static constexpr bool is_associative = true;
  static constexpr bool is_exact = !std::floating_point<sum_type>;
  static constexpr bool is_invertible = is_exact;

  constexpr accumulator_type create() const noexcept { return {0, 0}; }
  constexpr void add(accumulator_type& held, const Element& element) const {
    held.sum = wrapping_add(held.sum, static_cast<sum_type>(std::invoke(selector, element)));
    ++held.count;
  }
  constexpr void merge(accumulator_type& held, const accumulator_type& later) const noexcept {
    held.sum = wrapping_add(held.sum, later.sum);
    held.count += later.count;
  }
  constexpr void retract(accumulator_type& held, const Element& element) const {
    held.sum = wrapping_subtract(held.sum, static_cast<sum_type>(std::invoke(selector, element)));
    --held.count;
  }
  constexpr void unmerge(accumulator_type& held, const accumulator_type& older) const noexcept {
    held.sum = wrapping_subtract(held.sum, older.sum);
    held.count -= older.count;
  }
  /// NaN where nothing was added.
  constexpr result_type result(const accumulator_type& held) const noexcept {
    if (held.count == 0) return std::numeric_limits<double>::quiet_NaN();
    return static_cast<double>(held.sum) / static_cast<double>(held.count);
  }

  [[no_unique_address]] Selector selector;
};

struct sum_kind {
  static constexpr std::string_view name = "sum";
  template <class Value>
  static constexpr bool accepts = summable<Value>;
  template <class Selector, class Element>
  using function = sum_function<Selector, Element>;
};

struct avg_kind {
  static constexpr std::string_view name = "avg";
  template <class Value>
  static constexpr bool accepts = summable<Value>;
  template <class Selector, class Element>
  using function = avg_function<Selector, Element>;
};

}  // namespace detail

/// How many elements there were, as std::int64_t. Column "count".
constexpr auto count() { return detail::count_aggregate{}; }

/// The sum: std::int64_t, std::uint64_t (both modulo 2^64) or double. Column "sum_price" for &trade::price.
template <class Selector>
constexpr auto sum(Selector selector) {
  return detail::selected_aggregate<detail::sum_kind, Selector>(std::move(selector));
}

/// The mean, as double; integers are summed exactly, modulo 2^64, before the division.
template <class Selector>
constexpr auto avg(Selector selector) {
  return detail::selected_aggregate<detail::avg_kind, Selector>(std::move(selector));
}

}  // namespace weir
