#pragma once
// What `aggregate<"uid">(...)` accepts. A description such as sum(&trade::price) does not know the element type yet;
// bound to one it becomes an aggregate function, which keeps one accumulator per key and window.
#include <concepts>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

namespace weir {

/// Folds elements into an accumulator, one call per element, and makes a result of it when a window fires.
///
///   accumulator_type, result_type       both own their bytes
///   create()                            the accumulator of no element
///   add(accumulator, element)           takes one element in
///   result(accumulator)                 requires at least one element added; may be called again after more
///   is_commutative, is_associative      whether order and grouping of the elements change no result
///   is_exact                            whether they change not even the last bit (floating-point sums: false)
///
/// It may also declare, where they hold,
///
///   is_invertible                       what came first can be taken out again: retract(accumulator, element) and
///                                       unmerge(accumulator, older) leave what adding and merging the rest would give
///   is_idempotent                       what is merged in twice counts once
///
/// EXPECT_LAWFUL (weir/testkit/lawful.hpp) tests what a function declares.
template <class Function, class Element>
concept aggregate_function =
    std::copy_constructible<Function> &&
    requires(const Function& function, typename Function::accumulator_type& accumulator,
             const typename Function::accumulator_type& added, const Element& element) {
      typename Function::result_type;
      { function.create() } -> std::same_as<typename Function::accumulator_type>;
      function.add(accumulator, element);
      { function.result(added) } -> std::convertible_to<typename Function::result_type>;
      { Function::is_commutative } -> std::convertible_to<bool>;
      { Function::is_associative } -> std::convertible_to<bool>;
      { Function::is_exact } -> std::convertible_to<bool>;
    };

/// Can also join two accumulators: merge(accumulator, later) appends the elements of `later`, which came after those of
/// `accumulator`. Merging with create() on either side changes nothing. Session windows need it.
template <class Function>
concept mergeable_aggregate =
    requires(const Function& function, typename Function::accumulator_type& accumulator,
             const typename Function::accumulator_type& later) { function.merge(accumulator, later); };

/// What a function says of itself; a law that it does not mention is not claimed.
template <class Function>
inline constexpr bool declares_invertible = [] {
  if constexpr (requires { Function::is_invertible; }) {
    return static_cast<bool>(Function::is_invertible);
  } else {
    return false;
  }
}();
template <class Function>
inline constexpr bool declares_idempotent = [] {
  if constexpr (requires { Function::is_idempotent; }) {
    return static_cast<bool>(Function::is_idempotent);
  } else {
    return false;
  }
}();

/// Can take out again what came first: sliding windows then subtract what leaves them.
template <class Function>
concept invertible_aggregate =
    mergeable_aggregate<Function> && declares_invertible<Function> &&
    requires(const Function& function, typename Function::accumulator_type& accumulator,
             const typename Function::accumulator_type& older) { function.unmerge(accumulator, older); };

/// Partial results may be made in any order and place and then merged, and nobody can tell.
template <class Function>
concept order_free_aggregate =
    mergeable_aggregate<Function> && Function::is_commutative && Function::is_associative && Function::is_exact;

namespace detail {

template <class Description, class Element>
concept describes_aggregate = requires(const Description& description) {
  { description.template bind<Element>() } -> aggregate_function<Element>;
};

}  // namespace detail

/// A description that can be bound to `Element`, or an aggregate function of the user's own.
template <class Aggregate, class Element>
concept aggregate_for = detail::describes_aggregate<Aggregate, Element> || aggregate_function<Aggregate, Element>;

/// The aggregate function that `aggregate` describes for elements of this type.
template <class Element, aggregate_for<Element> Aggregate>
constexpr auto bind_aggregate(const Aggregate& aggregate) {
  if constexpr (detail::describes_aggregate<Aggregate, Element>) {
    return aggregate.template bind<Element>();
  } else {
    return aggregate;
  }
}

template <class Aggregate, class Element>
using bound_aggregate_t = decltype(bind_aggregate<Element>(std::declval<const Aggregate&>()));

/// The names of the result's columns: several for combine(), one for any other; "value" where the aggregate has none.
template <class Aggregate>
std::vector<std::string> aggregate_column_names(const Aggregate& aggregate) {
  if constexpr (requires { aggregate.column_names(); }) {
    return aggregate.column_names();
  } else if constexpr (requires { aggregate.column_name(); }) {
    return {std::string(aggregate.column_name())};
  } else {
    return {"value"};
  }
}

}  // namespace weir
