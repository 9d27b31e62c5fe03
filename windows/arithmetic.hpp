#pragma once
// The arithmetic under sum, avg, min and max: what they accumulate in, and an order that is total for floating point.
#include <concepts>
#include <cstdint>
#include <type_traits>

namespace weir::detail {

/// Numbers that can be summed; bool counts as 0 or 1.
template <class Value>
concept summable = std::is_arithmetic_v<Value> && sizeof(Value) <= 8;

/// 64 bits of the same signedness for integers, double for floating point.
template <summable Value>
using sum_t = std::conditional_t<std::floating_point<Value>, double,
                                 std::conditional_t<std::signed_integral<Value>, std::int64_t, std::uint64_t>>;

/// Integers wrap around modulo 2^64, so that order and grouping never change a sum.
template <class Sum>
constexpr Sum wrapping_add(Sum left, Sum right) noexcept {
  if constexpr (std::floating_point<Sum>) {
    return left + right;
  } else {
    return static_cast<Sum>(static_cast<std::uint64_t>(left) + static_cast<std::uint64_t>(right));
  }
}

template <class Sum>
constexpr Sum wrapping_subtract(Sum left, Sum right) noexcept {
  if constexpr (std::floating_point<Sum>) {
    return left - right;
  } else {
    return static_cast<Sum>(static_cast<std::uint64_t>(left) - static_cast<std::uint64_t>(right));
  }
}

/// Strictly smaller. For floating point: -0 is before +0.
struct smaller {
  template <class Value>
  static constexpr bool before(const Value& left, const Value& right) {
    if constexpr (std::floating_point<Value>) {
      if (left == right) return __builtin_signbit(left) && !__builtin_signbit(right);
    }
    return left < right;
  }
};

/// Strictly larger, the mirror of `smaller`.
struct larger {
  template <class Value>
  static constexpr bool before(const Value& left, const Value& right) {
    return smaller::before(right, left);
  }
};

/// Whether `candidate` replaces `held` as the extreme value. NaN gives way to every number, so that the order in which
/// values arrive does not matter.
template <class Order, class Value>
constexpr bool more_extreme(const Value& candidate, const Value& held) {
  if constexpr (std::floating_point<Value>) {
    if (held != held) return candidate == candidate;
  }
  return Order::before(candidate, held);
}

template <class Value>
concept orderable = requires(const Value& left, const Value& right) {
  { left < right } -> std::convertible_to<bool>;
};

}  // namespace weir::detail
