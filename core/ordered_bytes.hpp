#pragma once
// Keys as bytes that compare as the keys do, so that what sorts them need not know their type: whichever of two keys is
// less has the less bytes (std::memcmp). No key's bytes begin those of another key of its type.
#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include "weir/core/hash.hpp"

namespace weir {
namespace detail {

template <class Key>
constexpr bool is_orderable_key();

template <class... Fields>
struct all_orderable {
  static constexpr bool value = (is_orderable_key<std::remove_cvref_t<Fields>>() && ...);
};
struct orderable_fields {
  template <class... Fields>
  constexpr all_orderable<Fields...> operator()(const Fields&...) const {
    return {};
  }
};

template <class Key>
constexpr bool is_orderable_key() {
  constexpr key_kind kind = kind_of_key<Key>();
  if constexpr (kind == key_kind::optional) {
    return is_orderable_key<typename Key::value_type>();
  } else if constexpr (kind == key_kind::product || kind == key_kind::structure) {
    return decltype(with_fields(std::declval<const Key&>(), std::declval<const orderable_fields&>()))::value;
  } else if constexpr (kind == key_kind::floating) {
    return sizeof(Key) <= sizeof(double);
  } else {
    return kind != key_kind::unsupported;
  }
}

/// The highest byte first.
template <class Unsigned>
void append_big_endian(Unsigned value, std::string& out) {
  for (std::size_t byte = sizeof(Unsigned); byte-- > 0;) out.push_back(static_cast<char>(value >> (8 * byte)));
}

/// A zero byte becomes two bytes, and two zero bytes end the text: so a text comes before those that it begins.
inline void append_ordered_text(std::string_view text, std::string& out) {
  for (std::size_t zero = text.find('\0'); zero != text.npos; zero = text.find('\0')) {
    out.append(text.substr(0, zero + 1)).push_back('\xff');
    text.remove_prefix(zero + 1);
  }
  out.append(text).append(2, '\0');
}

}  // namespace detail

/// What a hashable_key is made of, and floating-point numbers.
template <class Key>
concept orderable_key = detail::is_orderable_key<std::remove_cvref_t<Key>>();

/// Appends the bytes of `key`. An optional without value comes first, false before true; -0.0 is 0.0, and what is not a
/// number comes behind all numbers; fields count in their order.
template <orderable_key Key>
void encode_ordered(const Key& key, std::string& out) {
  using detail::key_kind;
  constexpr key_kind kind = detail::kind_of_key<Key>();
  if constexpr (std::is_same_v<Key, bool>) {
    out.push_back(key ? '\1' : '\0');
  } else if constexpr (kind == key_kind::integer) {
    using bits = std::make_unsigned_t<Key>;
    constexpr bits sign = std::is_signed_v<Key> ? static_cast<bits>(bits{1} << (8 * sizeof(bits) - 1)) : bits{0};
    detail::append_big_endian(static_cast<bits>(static_cast<bits>(key) ^ sign), out);
  } else if constexpr (kind == key_kind::enumeration) {
    encode_ordered(static_cast<std::underlying_type_t<Key>>(key), out);
  } else if constexpr (kind == key_kind::text) {
    detail::append_ordered_text(key, out);
  } else if constexpr (kind == key_kind::time) {
    if constexpr (requires { key.time_since_epoch(); }) {
      encode_ordered(key.time_since_epoch().count(), out);
    } else {
      encode_ordered(key.count(), out);
    }
  } else if constexpr (kind == key_kind::floating) {
    using bits = std::conditional_t<sizeof(Key) == sizeof(std::uint64_t), std::uint64_t, std::uint32_t>;
    constexpr bits sign = bits{1} << (8 * sizeof(bits) - 1);
    const Key number = std::isnan(key) ? std::numeric_limits<Key>::quiet_NaN() : key == 0 ? Key{0} : key;
    const auto raw = std::bit_cast<bits>(number);
    detail::append_big_endian(static_cast<bits>((raw & sign) != 0 ? ~raw : raw | sign), out);
  } else if constexpr (kind == key_kind::optional) {
    out.push_back(key ? '\1' : '\0');
    if (key) encode_ordered(*key, out);
  } else {
    detail::with_fields(key, [&](const auto&... fields) { (encode_ordered(fields, out), ...); });
  }
}

}  // namespace weir
