#pragma once
// What the batch loop works on instead of an operator: a copy on the stack where the operator is small and trivially
// copyable, or what the operator itself gives, or the operator in place.
#include <type_traits>
#include <utility>

namespace weir::detail {

/// An operator that may make many records of one says so; so do its batch locals.
template <class Operator>
inline constexpr bool operator_expands = requires { requires Operator::expands; };

/// An operator whose function is pure (dsl/pure.hpp) says so.
template <class Operator>
inline constexpr bool operator_is_pure = requires { requires Operator::pure; };

/// An operator used in place by the batch loop.
template <class Operator>
struct by_reference {
  static constexpr bool expands = operator_expands<Operator>;
  Operator* target;
  template <class Record, class Out>
  [[gnu::always_inline]] void process(Record&& record, Out&& out) const {
    target->process(std::forward<Record>(record), out);
  }
};

template <class Operator>
[[gnu::always_inline]] constexpr auto batch_local_of(Operator& operation) {
  if constexpr (requires { operation.batch_local(); }) {
    return operation.batch_local();
  } else if constexpr (std::is_trivially_copyable_v<Operator> && sizeof(Operator) <= 64 &&
                       requires { requires Operator::stateless; }) {
    return operation;
  } else {
    return by_reference<Operator>{&operation};
  }
}

}  // namespace weir::detail
