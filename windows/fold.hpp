#pragma once
// An aggregate out of the user's own functions: fold(initial, add), fold(initial, add, merge).
#include <concepts>
#include <string>
#include <type_traits>
#include <utility>

#include "weir/windows/aggregate_function.hpp"
#include "weir/windows/selector.hpp"

namespace weir {
namespace detail {

struct no_merge {};

/// Returns the new value of the accumulator that it is given.
template <class Step, class Accumulator, class Argument>
concept returning_step = requires(const Step& step, Accumulator& accumulator, const Argument& argument) {
  accumulator = step(std::move(accumulator), argument);
};

/// Changes the accumulator in place and returns nothing.
template <class Step, class Accumulator, class Argument>
concept changing_step = requires(const Step& step, Accumulator& accumulator, const Argument& argument) {
  { step(accumulator, argument) } -> std::same_as<void>;
};

template <class Step, class Accumulator, class Argument>
concept fold_step = changing_step<Step, Accumulator, Argument> || returning_step<Step, Accumulator, Argument>;

template <class Step, class Accumulator, class Argument>
constexpr void apply_step(const Step& step, Accumulator& accumulator, const Argument& argument) {
  if constexpr (changing_step<Step, Accumulator, Argument>) {
    step(accumulator, argument);
  } else {
    accumulator = step(std::move(accumulator), argument);
  }
}

template <class Accumulator, class Add, class Merge, bool AnyOrder>
class fold_aggregate : public named_column<fold_aggregate<Accumulator, Add, Merge, AnyOrder>> {
 public:
  using accumulator_type = Accumulator;
  using result_type = Accumulator;
  static constexpr bool is_commutative = AnyOrder;
  static constexpr bool is_associative = !std::same_as<Merge, no_merge>;
  static constexpr bool is_exact = AnyOrder;

  constexpr fold_aggregate(Accumulator initial, Add add, Merge merge)
      : initial_(std::move(initial)), add_(std::move(add)), merge_(std::move(merge)) {}

  constexpr accumulator_type create() const { return initial_; }
  template <class Element>
    requires fold_step<Add, Accumulator, Element>
  constexpr void add(accumulator_type& accumulator, const Element& element) const {
    apply_step(add_, accumulator, element);
  }
  constexpr void merge(accumulator_type& accumulator, const accumulator_type& later) const
    requires fold_step<Merge, Accumulator, Accumulator>
  {
    apply_step(merge_, accumulator, later);
  }
  constexpr result_type result(const accumulator_type& accumulator) const { return accumulator; }

  std::string column_name() const {
    return this->given_name().empty() ? "fold" : std::string(this->given_name());
  }

  /// The user's promise that neither the order nor the grouping of the elements changes a result, not even by a bit:
  /// partial results may then be made before the exchange. A wrong promise makes wrong results.
  constexpr auto any_order() const
    requires(!std::same_as<Merge, no_merge>)
  {
    return fold_aggregate<Accumulator, Add, Merge, true>(initial_, add_, merge_);
  }

 private:
  Accumulator initial_;
  [[no_unique_address]] Add add_;
  [[no_unique_address]] Merge merge_;
};

}  // namespace detail

/// Starts each key and window with a copy of `initial` and calls `add(accumulator, element)` per element, which either
/// changes the accumulator by reference or returns the new one. The accumulator is the result. Without a merge function
/// it cannot be used in session windows. Column "fold" unless named. Name it last: fold(...).any_order().as<"x">().
template <std::copy_constructible Accumulator, class Add>
constexpr auto fold(Accumulator initial, Add add) {
  return detail::fold_aggregate<Accumulator, Add, detail::no_merge, false>(std::move(initial), std::move(add), {});
}

/// As above; `merge(accumulator, later)` joins two accumulators, whose elements came in this order.
template <std::copy_constructible Accumulator, class Add, class Merge>
  requires detail::fold_step<Merge, Accumulator, Accumulator>
constexpr auto fold(Accumulator initial, Add add, Merge merge) {
  return detail::fold_aggregate<Accumulator, Add, Merge, false>(std::move(initial), std::move(add), std::move(merge));
}

}  // namespace weir
