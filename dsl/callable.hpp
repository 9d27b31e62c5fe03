#pragma once
// What map, filter, update and key selectors ask of a callable, and how the batch loop holds it.
#include <functional>
#include <type_traits>
#include <utility>

namespace weir::detail {

/// How a const callable takes a record: by rvalue when it can, else by const reference.
template <class Function, class Record>
inline constexpr bool callable_with = std::is_invocable_v<const Function&, Record&&>;

/// Callable, but only as non-const: it would change itself.
template <class Function, class Record>
inline constexpr bool mutates_itself = !callable_with<Function, Record> && std::is_invocable_v<Function&, Record&&>;

template <class Function, class Record>
using result_of = std::remove_cvref_t<std::invoke_result_t<const Function&, Record&&>>;

/// Calls `function` with a record that is the operator's to give away.
template <class Function, class Record>
[[gnu::always_inline]] inline decltype(auto) call(const Function& function, Record&& record) {
  if constexpr (std::is_invocable_v<const Function&, Record&&>) {
    return std::invoke(function, std::forward<Record>(record));
  } else {
    return std::invoke(function, std::remove_cvref_t<Record>(record));
  }
}

/// A callable inside the batch loop: a copy where that is cheap, so that the compiler knows that nothing changes it.
template <class Function>
class callable_local {
  static constexpr bool copied = std::is_trivially_copyable_v<Function> && sizeof(Function) <= 56;

 public:
  [[gnu::always_inline]] explicit callable_local(const Function& function) : held_(hold(function)) {}
  [[gnu::always_inline]] const Function& get() const {
    if constexpr (copied) {
      return held_;
    } else {
      return *held_;
    }
  }

 private:
  using held = std::conditional_t<copied, Function, const Function*>;
  static held hold(const Function& function) {
    if constexpr (copied) {
      return function;
    } else {
      return &function;
    }
  }
  [[no_unique_address]] held held_;
};

}  // namespace weir::detail
