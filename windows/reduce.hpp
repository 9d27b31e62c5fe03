#pragma once
// Joins elements into one element of the same type: reduce([](const trade& a, const trade& b) { ... }).
#include <concepts>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>

#include "weir/core/owned.hpp"
#include "weir/windows/aggregate_function.hpp"
#include "weir/windows/selector.hpp"

namespace weir {
namespace detail {

template <class Reducer, class Element>
concept reduces =
    std::is_invocable_v<const Reducer&, const Element&, const Element&> &&
    std::convertible_to<std::invoke_result_t<const Reducer&, const Element&, const Element&>, Element>;

template <class Reducer, class Element, bool AnyOrder>
struct reduce_function {
  using accumulator_type = std::optional<owned_t<Element>>;
  using result_type = owned_t<Element>;
  static constexpr bool is_commutative = AnyOrder;
  static constexpr bool is_associative = true;
  static constexpr bool is_exact = AnyOrder;

  constexpr accumulator_type create() const { return std::nullopt; }
  constexpr void add(accumulator_type& held, const Element& element) const {
    if (held) {
      roll(*held, element);
    } else {
      held.emplace(element);
    }
  }
  constexpr void merge(accumulator_type& held, const accumulator_type& later) const {
    if (later) add(held, borrow<Element>(*later));
  }
  constexpr result_type result(const accumulator_type& held) const { return held.value(); }

  /// One step of a rolling reduction.
  constexpr void roll(owned_t<Element>& held, const Element& element) const {
    held = static_cast<Element>(reducer(borrow<Element>(held), element));
  }

  [[no_unique_address]] Reducer reducer;
};

template <class Reducer, bool AnyOrder>
class reduce_aggregate : public named_column<reduce_aggregate<Reducer, AnyOrder>> {
 public:
  constexpr explicit reduce_aggregate(Reducer reducer) : reducer_(std::move(reducer)) {}

  std::string column_name() const {
    return this->given_name().empty() ? "reduce" : std::string(this->given_name());
  }

  template <class Element>
    requires reduces<Reducer, Element>
  constexpr auto bind() const {
    return reduce_function<Reducer, Element, AnyOrder>{reducer_};
  }
  template <class Element>
    requires reduces<Reducer, Element>
  constexpr auto bind_rolling() const {
    return bind<Element>();
  }

  /// The user's promise that the order of the elements changes no result, not even by a bit: partial results may then
  /// be made before the exchange. A wrong promise makes wrong results.
  constexpr auto any_order() const { return reduce_aggregate<Reducer, true>(reducer_); }

 private:
  Reducer reducer_;
};

}  // namespace detail

/// `reducer(so_far, next)` returns the element that stands for both; it must be associative and change neither. The
/// first element is taken as it is, without a call. Column "reduce". For aggregate<"uid"> and rolling<"uid">.
template <class Reducer>
constexpr auto reduce(Reducer reducer) {
  return detail::reduce_aggregate<Reducer, false>(std::move(reducer));
}

}  // namespace weir
