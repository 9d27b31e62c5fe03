#pragma once
// Aggregates that keep one of their elements and depend on the order of arrival: first, last, min_by, max_by. With the
// number of the record beside the element they do not depend on it any more, so that slices can hold them
// (dsl/sliding_aggregate.hpp).
#include <algorithm>
#include <cstdint>
#include <utility>

#include "weir/core/record.hpp"
#include "weir/windows/aggregate_function.hpp"

namespace weir {

/// What an aggregate has chosen, and the number of the record that it came with; 0: nothing.
template <class Accumulator>
struct chosen_by_arrival {
  std::uint64_t arrival;
  Accumulator chosen;
};

template <class Accumulator>
struct record_fields<chosen_by_arrival<Accumulator>> {
  using of = chosen_by_arrival<Accumulator>;
  using type = field_list<field<&of::arrival, "arrival">, field<&of::chosen, "chosen">>;
};

namespace detail {

/// Keeps one of its elements: `add` and `merge` say whether what came later is taken.
template <class Function>
concept selective_aggregate = mergeable_aggregate<Function> && requires { requires Function::is_selective; };

/// Its elements come with their numbers: add(accumulator, element, arrival), in ascending order.
template <class Function>
concept numbering_aggregate = requires { requires Function::takes_arrival; };

template <selective_aggregate Function>
struct by_arrival_function {
  using accumulator_type = chosen_by_arrival<typename Function::accumulator_type>;
  using result_type = typename Function::result_type;
  static constexpr bool is_commutative = true;
  static constexpr bool is_associative = true;
  static constexpr bool is_exact = true;
  static constexpr bool is_idempotent = true;
  static constexpr bool takes_arrival = true;

  constexpr accumulator_type create() const { return {0, function.create()}; }
  template <class Element>
  constexpr void add(accumulator_type& held, const Element& element, std::uint64_t arrival) const {
    if (function.add(held.chosen, element)) held.arrival = arrival;
  }
  constexpr void merge(accumulator_type& held, const accumulator_type& other) const {
    if (other.arrival == 0) return;
    if (held.arrival < other.arrival) {
      if (function.merge(held.chosen, other.chosen)) held.arrival = other.arrival;
    } else {
      accumulator_type earlier = other;
      if (!function.merge(earlier.chosen, held.chosen)) held = std::move(earlier);
    }
  }
  constexpr result_type result(const accumulator_type& held) const { return function.result(held.chosen); }

  /// No record that the accumulator knows has a higher number than this, as far as order matters.
  static constexpr std::uint64_t last_arrival(const accumulator_type& held) noexcept { return held.arrival; }

  [[no_unique_address]] Function function;
};

/// What slices hold in place of the accumulators of `function`: the same, unless the order of arrival matters and can be
/// kept in them.
template <class Function>
constexpr auto made_for_slices(const Function& function) {
  if constexpr (selective_aggregate<Function>) {
    return by_arrival_function<Function>{function};
  } else if constexpr (requires { function.made_for_slices(); }) {
    return function.made_for_slices();
  } else {
    return function;
  }
}

template <class Function>
using made_for_slices_t = decltype(made_for_slices(std::declval<const Function&>()));

}  // namespace detail
}  // namespace weir
