#pragma once
// One of two values. Streams that are connected flow as one stream of these (dsl/connect.hpp), so that an operator with
// two inputs is an operator like any other.
#include <cstddef>
#include <functional>
#include <type_traits>
#include <utility>
#include <variant>

namespace weir {

/// A `Left` or a `Right`, kept in place; made by default it is a Left made by default. The types may be the same. It
/// can be copied byte by byte where both can, borrows where one does (core/owned.hpp), and has a binary form where both
/// have: one byte, 0 for left and 1 for right, then the value.
template <class Left, class Right>
class either {
 public:
  using left_type = Left;
  using right_type = Right;

  either() = default;
  template <class Value>
  [[gnu::always_inline]] static either of_left(Value&& value) {
    return either(std::in_place_index<0>, std::forward<Value>(value));
  }
  template <class Value>
  [[gnu::always_inline]] static either of_right(Value&& value) {
    return either(std::in_place_index<1>, std::forward<Value>(value));
  }

  bool is_left() const noexcept { return value_.index() == 0; }
  bool is_right() const noexcept { return value_.index() == 1; }

  /// Requires is_left().
  const Left& left() const noexcept { return *std::get_if<0>(&value_); }
  Left& left() noexcept { return *std::get_if<0>(&value_); }
  /// Requires is_right().
  const Right& right() const noexcept { return *std::get_if<1>(&value_); }
  Right& right() noexcept { return *std::get_if<1>(&value_); }

  /// Calls `on_left` or `on_right` with the value that is there, and returns what that returns.
  template <class OnLeft, class OnRight>
  decltype(auto) visit(OnLeft&& on_left, OnRight&& on_right) const {
    using result = std::common_type_t<std::invoke_result_t<OnLeft&, const Left&>,
                                      std::invoke_result_t<OnRight&, const Right&>>;
    return is_left() ? static_cast<result>(std::invoke(on_left, left()))
                     : static_cast<result>(std::invoke(on_right, right()));
  }

  friend bool operator==(const either&, const either&) = default;

 private:
  template <std::size_t Index, class Value>
  [[gnu::always_inline]] either(std::in_place_index_t<Index> which, Value&& value)
      : value_(which, std::forward<Value>(value)) {}

  std::variant<Left, Right> value_;
};

}  // namespace weir
