#pragma once
// The text form of values, driven by the table of a type: CSV cells, JSON scalars, printed records and messages agree.
#include <string>
#include <string_view>

#include "weir/core/schema.hpp"

namespace weir {

/// True for what one CSV cell or one JSON scalar holds: everything but optional, vector, record and tuple.
constexpr bool is_scalar(type_kind kind) noexcept { return kind <= type_kind::timestamp; }

/// Appends the text that `parse_scalar` reads back: `true`, decimal integers, floating point in its shortest
/// round-trip form (`nan`, `inf`), an enumerator's name or integer, the bytes of a string, a timestamp as integer
/// milliseconds since 1970. Requires `is_scalar(type.kind)`.
void append_scalar(const type_descriptor& type, const void* value, std::string& out);

/// Reads all of `text` into `value`; false, with `value` unchanged, if it is no such value. Beyond what
/// `append_scalar` writes it takes 1 and 0 for bool, and timestamps as ISO-8601 in UTC: `2001-01-31`,
/// `2001-01-31T23:59[:59[.123]][Z]`, also with a space for the T. A std::string_view is set to `text`, not copied.
bool parse_scalar(const type_descriptor& type, std::string_view text, void* value);

/// What `parse_scalar` wants, to complete "expected ...": "an integer from -128 to 127", "one of buy, sell".
std::string expected_text(const type_descriptor& type);

/// Sets a scalar of a signed or unsigned integer kind, or an enumeration or timestamp; false if it does not fit.
bool store_integer(const type_descriptor& type, std::int64_t integer, void* value);

/// Appends any value as people read it: `{origin: BOS, at: 2001-01-31T23:59:00.000Z, score: none, stops: [1, 2]}`.
/// Strings stand as they are. A timestamp without a date form (the minimum, the maximum) is shown as an integer.
void format_value(const type_descriptor& type, const void* value, std::string& out);

template <class Type>
std::string format_value(const Type& value) {
  std::string out;
  format_value(describe<Type>(), &value, out);
  return out;
}

/// `2001-01-31T23:59:00.000Z`; the integer milliseconds for years beyond 0000 to 9999.
std::string format_timestamp(std::int64_t epoch_ms);

}  // namespace weir
