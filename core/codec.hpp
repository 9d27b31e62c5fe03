#pragma once
// The binary form of values: snapshots, changelogs, spill files and RocksDB hold it. It depends on nothing but the
// declared types: equal on every machine, compiler and version. The bytes carry no names; the snapshot stores the
// schema.
//
// integers, enums     little endian, at their width         optional   one byte 0 or 1, then the value
// bool                one byte 0 or 1                       string     length as varint, then the bytes
// float, double       IEEE 754 bits, little endian          vector     length as varint, then the elements
// timestamps          64-bit milliseconds, little endian    record, tuple, pair   the members in order
// either              one byte 0 (left) or 1, then the value
// A varint holds seven bits a byte, lowest first, and the high bit says that another byte follows.
#include <bit>
#include <cstdint>
#include <cstring>
#include <initializer_list>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>

#include "weir/core/owned.hpp"
#include "weir/core/record.hpp"
#include "weir/core/schema.hpp"

namespace weir {

/// Appends the bytes of `value` to `out`, a std::string or a byte_buffer.
template <class Type, class Out>
void encode(const Type& value, Out& out);

/// Reads a value from the front of `in` and advances it; what `value` held before is replaced. A std::string_view
/// member borrows from `in`. Throws weir::error if the bytes are cut short or cannot be a `Type`; then `value` holds
/// some valid value and `in` is unspecified.
template <class Type>
void decode_into(std::string_view& in, Type& value);

/// The same, returning the value.
template <class Type>
Type decode(std::string_view& in) {
  Type value{};
  decode_into(in, value);
  return value;
}

/// Reads a value that must use up all of `in`.
template <class Type>
Type decode_all(std::string_view in);

namespace detail {

static_assert(std::endian::native == std::endian::little || std::endian::native == std::endian::big,
              "weir: mixed-endian machine not supported; state files are little endian");

[[noreturn]] void throw_truncated(std::string_view type, std::size_t needed, std::size_t found);
[[noreturn]] void throw_impossible_byte(std::string_view type, unsigned char byte);
[[noreturn]] void throw_varint_too_long();
[[noreturn]] void throw_bytes_left(std::string_view type, std::size_t count);

template <std::size_t Size>
struct unsigned_of_size;
template <>
struct unsigned_of_size<1> {
  using type = std::uint8_t;
};
template <>
struct unsigned_of_size<2> {
  using type = std::uint16_t;
};
template <>
struct unsigned_of_size<4> {
  using type = std::uint32_t;
};
template <>
struct unsigned_of_size<8> {
  using type = std::uint64_t;
};

/// Types whose bytes are their little-endian object representation.
template <class Type>
inline constexpr bool is_plain = sized_integer<Type> || std::is_same_v<Type, float> || std::is_same_v<Type, double> ||
                                 std::is_enum_v<Type> || is_timestamp<Type>;

template <class Type, class Out>
void encode_plain(Type value, Out& out) {
  const auto bits = std::bit_cast<typename unsigned_of_size<sizeof(Type)>::type>(value);
  char bytes[sizeof(Type)];
  if constexpr (std::endian::native == std::endian::little) {
    std::memcpy(bytes, &bits, sizeof bytes);
  } else {
    for (std::size_t i = 0; i < sizeof bytes; ++i) bytes[i] = static_cast<char>(bits >> (8 * i));
  }
  out.append(bytes, sizeof bytes);
}

template <class Type>
Type decode_plain(std::string_view& in) {
  using bits_type = typename unsigned_of_size<sizeof(Type)>::type;
  if (in.size() < sizeof(Type)) throw_truncated(type_name<Type>(), sizeof(Type), in.size());
  bits_type bits = 0;
  if constexpr (std::endian::native == std::endian::little) {
    std::memcpy(&bits, in.data(), sizeof bits);
  } else {
    for (std::size_t i = sizeof bits; i-- > 0;) {
      bits = static_cast<bits_type>((bits << 8) | static_cast<unsigned char>(in[i]));
    }
  }
  in.remove_prefix(sizeof bits);
  return std::bit_cast<Type>(bits);
}

template <class Out>
void encode_varint(std::uint64_t value, Out& out) {
  while (value >= 0x80) {
    out.push_back(static_cast<char>(value | 0x80));
    value >>= 7;
  }
  out.push_back(static_cast<char>(value));
}

inline std::uint64_t decode_varint(std::string_view& in) {
  std::uint64_t value = 0;
  for (unsigned shift = 0; shift < 64; shift += 7) {
    if (in.empty()) throw_truncated("length", 1, 0);
    const auto byte = static_cast<unsigned char>(in.front());
    in.remove_prefix(1);
    if (shift == 63 && byte > 1) throw_varint_too_long();
    value |= static_cast<std::uint64_t>(byte & 0x7f) << shift;
    if (byte < 0x80) return value;
  }
  throw_varint_too_long();
}

inline bool decode_flag(std::string_view& in, std::string_view type) {
  if (in.empty()) throw_truncated(type, 1, 0);
  const auto byte = static_cast<unsigned char>(in.front());
  if (byte > 1) throw_impossible_byte(type, byte);
  in.remove_prefix(1);
  return byte == 1;
}

inline std::string_view decode_bytes(std::string_view& in, std::string_view type) {
  const std::uint64_t size = decode_varint(in);
  if (size > in.size()) throw_truncated(type, size, in.size());
  const std::string_view bytes = in.substr(0, size);
  in.remove_prefix(size);
  return bytes;
}

/// The fewest bytes that a value of `Type` takes; a damaged length is found out before memory is asked for.
template <class Type>
constexpr std::size_t encoded_bytes_min() {
  if constexpr (is_plain<Type>) {
    return sizeof(Type);
  } else if constexpr (is_pair<Type> || is_tuple<Type>) {
    return []<std::size_t... Index>(std::index_sequence<Index...>) {
      return (std::size_t{0} + ... + encoded_bytes_min<std::tuple_element_t<Index, Type>>());
    }(std::make_index_sequence<std::tuple_size_v<Type>>{});
  } else if constexpr (record<Type>) {
    return []<class... Fields>(field_list<Fields...>) {
      return (std::size_t{0} + ... +
              encoded_bytes_min<std::remove_cvref_t<decltype(std::declval<Type&>().*Fields::pointer)>>());
    }(fields_of<Type>{});
  } else {
    return 1;
  }
}

inline constexpr std::size_t no_bytes_max = ~std::size_t{0};

/// The sum, as far as every part has a limit.
constexpr std::size_t bytes_max_of_all(std::initializer_list<std::size_t> parts) {
  std::size_t sum = 0;
  for (const std::size_t part : parts) {
    if (part == no_bytes_max) return no_bytes_max;
    sum += part;
  }
  return sum;
}

/// The most bytes that a value of `Type` takes; no_bytes_max where there is no limit.
template <class Type>
constexpr std::size_t encoded_bytes_max() {
  if constexpr (is_plain<Type>) {
    return sizeof(Type);
  } else if constexpr (std::is_same_v<Type, bool>) {
    return 1;
  } else if constexpr (is_optional<Type>) {
    return bytes_max_of_all({1, encoded_bytes_max<typename Type::value_type>()});
  } else if constexpr (is_pair<Type> || is_tuple<Type>) {
    return []<std::size_t... Index>(std::index_sequence<Index...>) {
      return bytes_max_of_all({encoded_bytes_max<std::remove_const_t<std::tuple_element_t<Index, Type>>>()...});
    }(std::make_index_sequence<std::tuple_size_v<Type>>{});
  } else if constexpr (record<Type>) {
    return []<class... Fields>(field_list<Fields...>) {
      return bytes_max_of_all(
          {encoded_bytes_max<std::remove_cvref_t<decltype(std::declval<Type&>().*Fields::pointer)>>()...});
    }(fields_of<Type>{});
  } else {
    return no_bytes_max;
  }
}

template <class Type>
inline constexpr bool is_owned = false;
template <class Type>
inline constexpr bool is_owned<owned<Type>> = true;

template <class Type>
constexpr bool has_binary_form_();

template <class... Types>
constexpr bool have_binary_form(std::type_identity<std::tuple<Types...>>) {
  return (has_binary_form_<std::remove_const_t<Types>>() && ...);
}

template <class Type>
constexpr bool has_binary_form_() {
  if constexpr (std::is_same_v<Type, bool> || is_plain<Type> || std::is_same_v<Type, std::string> ||
                std::is_same_v<Type, std::string_view>) {
    return true;
  } else if constexpr (is_optional<Type>) {
    return has_binary_form_<typename Type::value_type>();
  } else if constexpr (is_vector<Type>) {
    return !std::is_same_v<Type, std::vector<bool>> && has_binary_form_<typename Type::value_type>();
  } else if constexpr (is_pair<Type>) {
    return has_binary_form_<std::remove_const_t<typename Type::first_type>>() &&
           has_binary_form_<typename Type::second_type>();
  } else if constexpr (is_tuple<Type>) {
    return have_binary_form(std::type_identity<Type>{});
  } else if constexpr (is_either<Type>) {
    return has_binary_form_<typename Type::left_type>() && has_binary_form_<typename Type::right_type>();
  } else if constexpr (is_owned<Type>) {
    return has_binary_form_<std::remove_cvref_t<decltype(std::declval<const Type&>().get())>>();
  } else if constexpr (record<Type>) {
    return []<class... Fields>(field_list<Fields...>) {
      return (has_binary_form_<std::remove_cvref_t<decltype(std::declval<Type&>().*Fields::pointer)>>() && ...);
    }(fields_of<Type>{});
  } else {
    return false;
  }
}

template <class Type>
struct encoding_rejected {
  static_assert(sizeof(Type) == 0,
                "weir: type has no binary form; use integers, floating point, bool, enums, std::string, "
                "weir::timestamp, std::optional, vectors, pairs, tuples or records of these");
};

template <class Vector>
void decode_vector(std::string_view& in, Vector& value) {
  using element = typename Vector::value_type;
  static_assert(encoded_bytes_min<element>() > 0,
                "weir: vector of a type without members has no binary form; store its size");
  const std::uint64_t size = decode_varint(in);
  if (size > in.size() / encoded_bytes_min<element>()) throw_truncated(type_name<Vector>(), size, in.size());
  value.resize(size);
  if constexpr (is_plain<element> && std::endian::native == std::endian::little) {
    if (size == 0) return;
    std::memcpy(value.data(), in.data(), size * sizeof(element));
    in.remove_prefix(size * sizeof(element));
  } else {
    for (element& each : value) decode_into(in, each);
  }
}

}  // namespace detail

/// Whether a type can be encoded and decoded, all members and elements included.
template <class Type>
inline constexpr bool has_binary_form = detail::has_binary_form_<Type>();

template <class Type, class Out>
void encode(const Type& value, Out& out) {
  if constexpr (std::is_same_v<Type, bool>) {
    out.push_back(value ? '\1' : '\0');
  } else if constexpr (detail::is_plain<Type>) {
    detail::encode_plain(value, out);
  } else if constexpr (std::is_same_v<Type, std::string> || std::is_same_v<Type, std::string_view>) {
    detail::encode_varint(value.size(), out);
    out.append(value);
  } else if constexpr (detail::is_optional<Type>) {
    encode(value.has_value(), out);
    if (value.has_value()) encode(*value, out);
  } else if constexpr (detail::is_vector<Type> && !std::is_same_v<Type, std::vector<bool>>) {
    detail::encode_varint(value.size(), out);
    if constexpr (detail::is_plain<typename Type::value_type> && std::endian::native == std::endian::little) {
      out.append(reinterpret_cast<const char*>(value.data()), value.size() * sizeof(typename Type::value_type));
    } else {
      for (const auto& element : value) encode(element, out);
    }
  } else if constexpr (detail::is_pair<Type> || detail::is_tuple<Type>) {
    std::apply([&](const auto&... element) { (encode(element, out), ...); }, value);
  } else if constexpr (detail::is_either<Type>) {
    encode(value.is_right(), out);
    if (value.is_left()) {
      encode(value.left(), out);
    } else {
      encode(value.right(), out);
    }
  } else if constexpr (detail::is_owned<Type>) {
    encode(value.get(), out);
  } else if constexpr (record<Type>) {
    for_each_field<Type>([&](auto field) { encode(value.*field.pointer, out); });
  } else {
    static_cast<void>(detail::encoding_rejected<Type>{});
  }
}

template <class Type>
void decode_into(std::string_view& in, Type& value) {
  if constexpr (std::is_same_v<Type, bool>) {
    value = detail::decode_flag(in, "bool");
  } else if constexpr (detail::is_plain<Type>) {
    value = detail::decode_plain<Type>(in);
  } else if constexpr (std::is_same_v<Type, std::string> || std::is_same_v<Type, std::string_view>) {
    value = detail::decode_bytes(in, "string");
  } else if constexpr (detail::is_optional<Type>) {
    if (detail::decode_flag(in, "optional")) {
      decode_into(in, value.emplace());
    } else {
      value.reset();
    }
  } else if constexpr (detail::is_vector<Type> && !std::is_same_v<Type, std::vector<bool>>) {
    detail::decode_vector(in, value);
  } else if constexpr (detail::is_pair<Type> || detail::is_tuple<Type>) {
    std::apply([&](auto&... element) { (decode_into(in, element), ...); }, value);
  } else if constexpr (detail::is_either<Type>) {
    if (detail::decode_flag(in, "either")) {
      value = Type::of_right(decode<typename Type::right_type>(in));
    } else {
      value = Type::of_left(decode<typename Type::left_type>(in));
    }
  } else if constexpr (detail::is_owned<Type>) {
    value = decode<std::remove_cvref_t<decltype(value.get())>>(in);
  } else if constexpr (record<Type>) {
    for_each_field<Type>([&](auto field) { decode_into(in, value.*field.pointer); });
  } else {
    static_cast<void>(detail::encoding_rejected<Type>{});
  }
}

template <class Newer, class Older>
void detail::migrate_bytes(std::string_view& older, std::string& out) {
  encode(Newer::migrate(decode<Older>(older)), out);
}

template <class Type>
Type decode_all(std::string_view in) {
  static_assert(!std::is_reference_v<Type>);
  Type value = decode<Type>(in);
  if (!in.empty()) detail::throw_bytes_left(type_name<Type>(), in.size());
  return value;
}

}  // namespace weir
