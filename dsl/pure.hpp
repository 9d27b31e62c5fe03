#pragma once
// pure: the promise that a function only computes its result.
#include <concepts>
#include <functional>
#include <type_traits>
#include <utility>

namespace weir {
namespace detail {

template <class Function>
struct pure_function {
  [[no_unique_address]] Function function;

  template <class... Arguments>
    requires std::invocable<const Function&, Arguments...>
  [[gnu::always_inline]] constexpr decltype(auto) operator()(Arguments&&... arguments) const {
    return std::invoke(function, std::forward<Arguments>(arguments)...);
  }
};

template <class Function>
inline constexpr bool is_pure = false;
template <class Function>
inline constexpr bool is_pure<pure_function<Function>> = true;

}  // namespace detail

/// Your promise that `function` has no side effect and throws nothing: `filter(pure(f))`, `map(pure(f))`,
/// `update(pure(f))`. A filter whose stage is pure up to and including it then runs without a branch per record: the
/// records that it keeps are collected first and go on together, which is several times faster where the answer cannot be
/// foreseen. A record that it rejects reaches no later operator, as always.
template <class Function>
constexpr auto pure(Function function) {
  return detail::pure_function<Function>{std::move(function)};
}

}  // namespace weir
