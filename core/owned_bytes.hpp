#pragma once
// How much memory values own elsewhere: the bytes of strings and vectors in them. State is held against a job's memory
// budget by it (state/table_memory.hpp).
#include <cstddef>
#include <string>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include "weir/core/owned.hpp"
#include "weir/core/record.hpp"
#include "weir/core/schema.hpp"

namespace weir::detail {

/// What an allocation of so many bytes takes from the heap, with what the GNU C library adds and rounds up.
constexpr std::size_t heap_bytes(std::size_t bytes) noexcept {
  if (bytes == 0) return 0;
  return bytes <= 24 ? 32 : (bytes + 8 + 15) / 16 * 16;
}

template <class Type>
struct content_of_owned {};
template <class Type>
struct content_of_owned<owned<Type>> {
  using type = Type;
};

template <class Type>
constexpr bool owns_memory_();

template <class... Types>
constexpr bool any_owns_memory(std::type_identity<std::tuple<Types...>>) {
  return (owns_memory_<std::remove_const_t<Types>>() || ...);
}

template <class Type>
constexpr bool owns_memory_() {
  if constexpr (std::is_trivially_copyable_v<Type>) {
    return false;
  } else if constexpr (std::is_same_v<Type, std::string> || is_vector<Type> ||
                       requires { typename content_of_owned<Type>::type; }) {
    return true;
  } else if constexpr (is_optional<Type>) {
    return owns_memory_<typename Type::value_type>();
  } else if constexpr (is_pair<Type>) {
    return owns_memory_<std::remove_const_t<typename Type::first_type>>() ||
           owns_memory_<typename Type::second_type>();
  } else if constexpr (is_tuple<Type>) {
    return any_owns_memory(std::type_identity<Type>{});
  } else if constexpr (record<Type>) {
    return []<class... Fields>(field_list<Fields...>) {
      return (owns_memory_<std::remove_cvref_t<decltype(std::declval<Type&>().*Fields::pointer)>>() || ...);
    }(fields_of<Type>{});
  } else {
    return false;
  }
}

/// Whether values of a type may own memory that owned_bytes() sees. Members that a record does not name, and types that
/// weir does not know, are not looked into.
template <class Type>
inline constexpr bool owns_memory = owns_memory_<std::remove_cv_t<Type>>();

/// The sum of `bytes_of(element)` over `count` elements from `first` on; of many only some are looked at, evenly spread.
template <class Element, class BytesOf>
std::size_t sum_over(const Element* first, std::size_t count, BytesOf&& bytes_of) {
  constexpr std::size_t looked_at_max = 64;
  const std::size_t stride = count / looked_at_max + 1;
  std::size_t sum = 0;
  std::size_t seen = 0;
  for (std::size_t index = stride / 2; index < count; index += stride, ++seen) sum += bytes_of(first[index]);
  return seen == 0 || seen == count ? sum : sum / seen * count + sum % seen * count / seen;
}

/// Bytes on the heap that `value` owns.
template <class Type>
std::size_t owned_bytes(const Type& value) {
  if constexpr (!owns_memory<Type>) {
    return 0;
  } else if constexpr (std::is_same_v<Type, std::string>) {
    const std::size_t in_place = std::string().capacity();
    return value.capacity() <= in_place ? 0 : heap_bytes(value.capacity() + 1);
  } else if constexpr (std::is_same_v<Type, std::vector<bool>>) {
    return heap_bytes((value.capacity() + 7) / 8);
  } else if constexpr (is_vector<Type>) {
    using element = typename Type::value_type;
    const std::size_t own = heap_bytes(value.capacity() * sizeof(element));
    if constexpr (!owns_memory<element>) return own;
    return own + sum_over(value.data(), value.size(), [](const element& each) { return owned_bytes(each); });
  } else if constexpr (requires { typename content_of_owned<Type>::type; }) {
    return heap_bytes(value.capacity()) + owned_bytes(value.get());
  } else if constexpr (is_optional<Type>) {
    return value.has_value() ? owned_bytes(*value) : 0;
  } else if constexpr (is_pair<Type> || is_tuple<Type>) {
    return std::apply([](const auto&... element) { return (std::size_t{0} + ... + owned_bytes(element)); }, value);
  } else {
    std::size_t sum = 0;
    for_each_field<Type>([&](auto field) { sum += owned_bytes(value.*field.pointer); });
    return sum;
  }
}

}  // namespace weir::detail
