#pragma once
// Equality of values, member by member, for records that have no operator== of their own.
#include <algorithm>
#include <concepts>
#include <cstddef>
#include <tuple>
#include <utility>

#include "weir/core/record.hpp"
#include "weir/core/schema.hpp"

namespace weir {

/// True if both values have equal members; a type's own operator== is used where there is one. NaN differs from NaN.
template <class Type>
bool equal_values(const Type& left, const Type& right) {
  if constexpr (detail::is_optional<Type>) {
    if (left.has_value() != right.has_value()) return false;
    return !left.has_value() || equal_values(*left, *right);
  } else if constexpr (detail::is_vector<Type>) {
    return std::equal(left.begin(), left.end(), right.begin(), right.end(),
                      [](const auto& a, const auto& b) { return equal_values(a, b); });
  } else if constexpr (detail::is_pair<Type> || detail::is_tuple<Type>) {
    return [&]<std::size_t... Index>(std::index_sequence<Index...>) {
      return (equal_values(std::get<Index>(left), std::get<Index>(right)) && ...);
    }(std::make_index_sequence<std::tuple_size_v<Type>>{});
  } else if constexpr (std::equality_comparable<Type>) {
    return left == right;
  } else {
    bool equal = true;
    for_each_field<Type>([&](auto field) {
      if (equal) equal = equal_values(left.*field.pointer, right.*field.pointer);
    });
    return equal;
  }
}

}  // namespace weir
