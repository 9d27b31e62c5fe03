#pragma once
// The hash of a key: the same in every build, process and version, because it decides where a key's state is stored
// (key_group.hpp) and a snapshot outlives the program that wrote it. Never std::hash.
#include <chrono>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>

#include "weir/core/record.hpp"

namespace weir {
namespace detail {

/// What a key is made of; decides how it is hashed and compared.
enum class key_kind { integer, enumeration, text, time, optional, product, structure, floating, unsupported };

template <class Type>
inline constexpr bool is_time_key = false;
template <class Rep, class Period>
inline constexpr bool is_time_key<std::chrono::duration<Rep, Period>> = std::integral<Rep>;
template <class Clock, class Duration>
inline constexpr bool is_time_key<std::chrono::time_point<Clock, Duration>> = is_time_key<Duration>;

template <class Type>
inline constexpr bool is_optional_key = false;
template <class Value>
inline constexpr bool is_optional_key<std::optional<Value>> = true;

template <class Type>
inline constexpr bool is_product_key = false;
template <class First, class Second>
inline constexpr bool is_product_key<std::pair<First, Second>> = true;
template <class... Fields>
inline constexpr bool is_product_key<std::tuple<Fields...>> = true;

/// wchar_t has another width and sign on other platforms, so it has no stable value.
template <class Key>
constexpr key_kind kind_of_key() {
  if constexpr (std::integral<Key> && sizeof(Key) <= 8 && !std::same_as<Key, wchar_t>) {
    return key_kind::integer;
  } else if constexpr (std::is_enum_v<Key>) {
    return key_kind::enumeration;
  } else if constexpr (std::same_as<Key, std::string> || std::same_as<Key, std::string_view>) {
    return key_kind::text;
  } else if constexpr (is_time_key<Key>) {
    return key_kind::time;
  } else if constexpr (is_optional_key<Key>) {
    return key_kind::optional;
  } else if constexpr (is_product_key<Key>) {
    return key_kind::product;
  } else if constexpr (std::floating_point<Key>) {
    return key_kind::floating;
  } else if constexpr (record<Key>) {
    return key_kind::structure;
  } else {
    return key_kind::unsupported;
  }
}

template <class Visitor, class Key, class... Fields>
constexpr decltype(auto) with_members(const Key& key, field_list<Fields...>, Visitor& visitor) {
  return visitor(key.*Fields::pointer...);
}

/// Calls `visitor(field...)` with the fields of a pair, a tuple or a record, in order, and returns its result.
template <class Key, class Visitor>
constexpr decltype(auto) with_fields(const Key& key, Visitor&& visitor) {
  if constexpr (is_product_key<Key>) {
    return std::apply(visitor, key);
  } else {
    return with_members(key, fields_of<Key>{}, visitor);
  }
}

template <class Key>
constexpr bool is_hashable_key();

template <class... Fields>
struct all_hashable {
  static constexpr bool value = (is_hashable_key<std::remove_cvref_t<Fields>>() && ...);
};

struct hashable_fields {
  template <class... Fields>
  constexpr all_hashable<Fields...> operator()(const Fields&...) const {
    return {};
  }
};

template <class Key>
constexpr bool is_hashable_key() {
  constexpr key_kind kind = kind_of_key<Key>();
  if constexpr (kind == key_kind::optional) {
    return is_hashable_key<typename Key::value_type>();
  } else if constexpr (kind == key_kind::product || kind == key_kind::structure) {
    return decltype(with_fields(std::declval<const Key&>(), std::declval<const hashable_fields&>()))::value;
  } else {
    return kind != key_kind::floating && kind != key_kind::unsupported;
  }
}

/// The step of SplitMix64 (Steele, Lea, Flood 2014; constants by Stafford): distinct integers stay distinct, and every
/// bit depends on all of theirs. The group, the place in a table and the tag come from different bits, so all of them
/// must be good: a single 64x64 to 128 bit multiply-fold is 0.4 ns faster and puts the multiples of a power of two into
/// one cell in twenty.
constexpr std::uint64_t mix_u64(std::uint64_t value) noexcept {
  value += 0x9e3779b97f4a7c15u;
  value = (value ^ (value >> 30)) * 0xbf58476d1ce4e5b9u;
  value = (value ^ (value >> 27)) * 0x94d049bb133111ebu;
  return value ^ (value >> 31);
}

/// Appends one field's hash to the hash of the fields before it; the order of the fields matters.
constexpr std::uint64_t mix_field(std::uint64_t fields, std::uint64_t field) noexcept {
  return mix_u64(fields * 0xd1342543de82ef95u + field);
}

inline constexpr std::uint64_t empty_optional_hash = mix_u64(0x6e6f6e65u);  // "none"

/// XXH3 of the bytes, seed 0.
std::uint64_t hash_bytes(const char* bytes, std::size_t size) noexcept;

}  // namespace detail

/// Integers, enums, bool, strings, points in time and durations, and optionals, pairs, tuples and Hana structs of them.
template <class Key>
concept hashable_key = detail::is_hashable_key<std::remove_cvref_t<Key>>();

/// The 64-bit hash of `key`. Equal values hash alike whatever their type: int32 5 and int64 5, an enum and its number,
/// `string` and `string_view`, a pair and a Hana struct with the same fields. The values are recorded in
/// tests/core/key_hashes.golden and never change.
template <class Key>
[[nodiscard]] constexpr std::uint64_t stable_hash(const Key& key) {
  using detail::key_kind;
  constexpr key_kind kind = detail::kind_of_key<Key>();
  if constexpr (kind == key_kind::integer) {
    if constexpr (std::same_as<Key, char>) {  // plain char is signed on some platforms only
      return stable_hash(static_cast<signed char>(key));
    } else if constexpr (std::signed_integral<Key>) {
      return detail::mix_u64(static_cast<std::uint64_t>(static_cast<std::int64_t>(key)));
    } else {
      return detail::mix_u64(static_cast<std::uint64_t>(key));
    }
  } else if constexpr (kind == key_kind::enumeration) {
    return stable_hash(static_cast<std::underlying_type_t<Key>>(key));
  } else if constexpr (kind == key_kind::text) {
    return detail::hash_bytes(key.data(), key.size());
  } else if constexpr (kind == key_kind::time) {
    if constexpr (requires { key.time_since_epoch(); }) {
      return stable_hash(key.time_since_epoch().count());
    } else {
      return stable_hash(key.count());
    }
  } else if constexpr (kind == key_kind::optional) {
    return key ? detail::mix_field(1, stable_hash(*key)) : detail::empty_optional_hash;
  } else if constexpr (kind == key_kind::product || kind == key_kind::structure) {
    return detail::with_fields(key, [](const auto&... fields) {
      std::uint64_t hash = detail::mix_u64(sizeof...(fields));
      ((hash = detail::mix_field(hash, stable_hash(fields))), ...);
      return hash;
    });
  } else if constexpr (kind == key_kind::floating) {
    static_assert(kind != key_kind::floating,
                  "weir: a floating-point number cannot be a key; use an integer, a string or a rounded value");
    return 0;
  } else {
    static_assert(kind != key_kind::unsupported,
                  "weir: this type cannot be a key; use an integer, enum, bool, string, timestamp, or an optional, "
                  "pair, tuple or BOOST_HANA_DEFINE_STRUCT struct of these");
    return 0;
  }
}

}  // namespace weir
