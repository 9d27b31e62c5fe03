#include "weir/core/format_value.hpp"

#include <fmt/format.h>

#include <charconv>
#include <chrono>
#include <cstring>
#include <limits>

namespace weir {
namespace {

template <class Type>
Type load(const void* value) {
  Type loaded;
  std::memcpy(&loaded, value, sizeof loaded);
  return loaded;
}

template <class Type>
void store(Type loaded, void* value) {
  std::memcpy(value, &loaded, sizeof loaded);
}

/// Calls `visitor(Integer{})` with the C++ type of an integer kind.
template <class Visitor>
decltype(auto) with_integer(type_kind kind, Visitor&& visitor) {
  switch (kind) {
    case type_kind::int8:
      return visitor(std::int8_t{});
    case type_kind::int16:
      return visitor(std::int16_t{});
    case type_kind::int32:
      return visitor(std::int32_t{});
    case type_kind::uint8:
      return visitor(std::uint8_t{});
    case type_kind::uint16:
      return visitor(std::uint16_t{});
    case type_kind::uint32:
      return visitor(std::uint32_t{});
    case type_kind::uint64:
      return visitor(std::uint64_t{});
    default:  // int64, timestamp
      return visitor(std::int64_t{});
  }
}

template <class Number>
void append_number(Number number, std::string& out) {
  char text[32];
  const auto written = std::to_chars(text, text + sizeof text, number);
  out.append(text, written.ptr);
}

template <class Number>
bool parse_number(std::string_view text, void* value) {
  Number number{};
  const auto [stop, failed] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (failed != std::errc{} || stop != text.data() + text.size()) return false;
  store(number, value);
  return true;
}

/// Integers of up to 18 digits cannot overflow 64 bits, which saves a check per digit.
template <class Integer>
bool parse_integer(std::string_view text, void* value) {
  const bool negative = std::is_signed_v<Integer> && text.starts_with('-');
  const std::size_t first = negative ? 1 : 0;
  if (text.size() > first + 18) return parse_number<Integer>(text, value);
  if (text.size() == first) return false;
  std::int64_t number = 0;
  for (std::size_t i = first; i < text.size(); ++i) {
    const auto digit = static_cast<unsigned char>(text[i] - '0');
    if (digit > 9) return false;
    number = 10 * number + digit;
  }
  if (negative) number = -number;
  if (!std::in_range<Integer>(number)) return false;
  store(static_cast<Integer>(number), value);
  return true;
}

std::int64_t load_integer(type_kind kind, const void* value) {
  return with_integer(kind, [&](auto zero) { return static_cast<std::int64_t>(load<decltype(zero)>(value)); });
}

bool parse_bool(std::string_view text, void* value) {
  const bool is_true = text == "true" || text == "1";
  if (!is_true && text != "false" && text != "0") return false;
  store(is_true, value);
  return true;
}

bool parse_enum(const type_descriptor& type, std::string_view text, void* value) {
  for (const enum_entry& each : type.enumerators) {
    if (each.name != text) continue;
    with_integer(type.underlying, [&](auto zero) { store(static_cast<decltype(zero)>(each.value), value); });
    return true;
  }
  return with_integer(type.underlying, [&](auto zero) { return parse_integer<decltype(zero)>(text, value); });
}

/// Takes exactly `digits` digits from the front of `text`.
bool take_digits(std::string_view& text, std::size_t digits, int& number) {
  if (text.size() < digits) return false;
  number = 0;
  for (std::size_t i = 0; i < digits; ++i) {
    if (text[i] < '0' || text[i] > '9') return false;
    number = 10 * number + (text[i] - '0');
  }
  text.remove_prefix(digits);
  return true;
}

bool take(std::string_view& text, char wanted) {
  if (text.empty() || text.front() != wanted) return false;
  text.remove_prefix(1);
  return true;
}

/// Hours, minutes, and perhaps seconds and one to nine decimals, of which three count.
bool take_time_of_day(std::string_view& text, std::int64_t& ms) {
  int hour = 0;
  int minute = 0;
  int second = 0;
  int fraction = 0;
  if (!take_digits(text, 2, hour) || !take(text, ':') || !take_digits(text, 2, minute)) return false;
  if (take(text, ':')) {
    if (!take_digits(text, 2, second)) return false;
    if (take(text, '.')) {
      std::size_t digits = 0;
      for (; !text.empty() && text.front() >= '0' && text.front() <= '9'; ++digits, text.remove_prefix(1)) {
        if (digits < 3) fraction = 10 * fraction + (text.front() - '0');
      }
      if (digits == 0 || digits > 9) return false;
      for (; digits < 3; ++digits) fraction *= 10;
    }
  }
  if (hour > 23 || minute > 59 || second > 59) return false;
  ms = ((hour * 60LL + minute) * 60 + second) * 1000 + fraction;
  return true;
}

bool parse_timestamp(std::string_view text, void* value) {
  if (text.size() < 10 || text[4] != '-') return parse_integer<std::int64_t>(text, value);
  int year = 0;
  int month = 0;
  int day = 0;
  std::int64_t ms = 0;
  if (!take_digits(text, 4, year) || !take(text, '-') || !take_digits(text, 2, month) || !take(text, '-') ||
      !take_digits(text, 2, day)) {
    return false;
  }
  if (take(text, 'T') || take(text, ' ')) {
    if (!take_time_of_day(text, ms)) return false;
    take(text, 'Z');
  }
  const std::chrono::year_month_day date(std::chrono::year(year), std::chrono::month(static_cast<unsigned>(month)),
                                         std::chrono::day(static_cast<unsigned>(day)));
  if (!text.empty() || !date.ok()) return false;
  store(std::chrono::sys_days(date).time_since_epoch().count() * std::int64_t{86'400'000} + ms, value);
  return true;
}

std::string range_text(type_kind kind) {
  return with_integer(kind, [](auto zero) {
    using limits = std::numeric_limits<decltype(zero)>;
    return fmt::format("an integer from {} to {}", limits::min(), limits::max());
  });
}

void format_sequence(std::string_view open, std::string_view close, std::size_t size, std::string& out,
                     auto&& element) {
  out += open;
  for (std::size_t i = 0; i < size; ++i) {
    if (i > 0) out += ", ";
    element(i);
  }
  out += close;
}

}  // namespace

void append_scalar(const type_descriptor& type, const void* value, std::string& out) {
  switch (type.kind) {
    case type_kind::boolean:
      out += load<bool>(value) ? "true" : "false";
      return;
    case type_kind::float32:
      return append_number(load<float>(value), out);
    case type_kind::float64:
      return append_number(load<double>(value), out);
    case type_kind::string:
      out += *static_cast<const std::string*>(value);
      return;
    case type_kind::string_view:
      out += *static_cast<const std::string_view*>(value);
      return;
    case type_kind::enumeration:
      for (const enum_entry& each : type.enumerators) {
        if (each.value != load_integer(type.underlying, value)) continue;
        out += each.name;
        return;
      }
      [[fallthrough]];
    default:
      with_integer(type.underlying, [&](auto zero) { append_number(load<decltype(zero)>(value), out); });
  }
}

bool parse_scalar(const type_descriptor& type, std::string_view text, void* value) {
  switch (type.kind) {
    case type_kind::boolean:
      return parse_bool(text, value);
    case type_kind::float32:
      return parse_number<float>(text, value);
    case type_kind::float64:
      return parse_number<double>(text, value);
    case type_kind::string:
      static_cast<std::string*>(value)->assign(text);
      return true;
    case type_kind::string_view:
      *static_cast<std::string_view*>(value) = text;
      return true;
    case type_kind::timestamp:
      return parse_timestamp(text, value);
    case type_kind::enumeration:
      return parse_enum(type, text, value);
    default:
      return with_integer(type.kind, [&](auto zero) { return parse_integer<decltype(zero)>(text, value); });
  }
}

bool store_integer(const type_descriptor& type, std::int64_t integer, void* value) {
  return with_integer(type.underlying, [&](auto zero) {
    if (!std::in_range<decltype(zero)>(integer)) return false;
    store(static_cast<decltype(zero)>(integer), value);
    return true;
  });
}

std::string expected_text(const type_descriptor& type) {
  switch (type.kind) {
    case type_kind::boolean:
      return "true or false";
    case type_kind::float32:
    case type_kind::float64:
      return fmt::format("a number that fits into {}", type.name);
    case type_kind::string:
    case type_kind::string_view:
      return "a string";
    case type_kind::timestamp:
      return "a timestamp (milliseconds since 1970, or 2001-01-31T23:59:00.000Z)";
    case type_kind::enumeration: {
      if (type.enumerators.empty()) return range_text(type.underlying);
      std::string text = "one of ";
      for (const enum_entry& each : type.enumerators) {
        if (&each != type.enumerators.data()) text += ", ";
        text += each.name;
      }
      return text;
    }
    case type_kind::optional:
      return expected_text(*type.element) + " or nothing";
    case type_kind::vector:
      return "a list of values";
    case type_kind::record:
    case type_kind::tuple:
      return fmt::format("a {}", type.name);
    default:
      return range_text(type.kind);
  }
}

void format_value(const type_descriptor& type, const void* value, std::string& out) {
  const auto* bytes = static_cast<const std::byte*>(value);
  switch (type.kind) {
    case type_kind::timestamp:
      out += format_timestamp(load<std::int64_t>(value));
      return;
    case type_kind::optional:
      if (!type.optional->has(value)) {
        out += "none";
        return;
      }
      return format_value(*type.element, type.optional->get(value), out);
    case type_kind::vector:
      return format_sequence("[", "]", type.vector->size(value), out,
                             [&](std::size_t i) { format_value(*type.element, type.vector->at(value, i), out); });
    case type_kind::record:
      return format_sequence("{", "}", type.fields.size(), out, [&](std::size_t i) {
        out.append(type.fields[i].name).append(": ");
        format_value(*type.fields[i].type, bytes + type.fields[i].offset, out);
      });
    case type_kind::tuple:
      return format_sequence("(", ")", type.fields.size(), out, [&](std::size_t i) {
        format_value(*type.fields[i].type, bytes + type.fields[i].offset, out);
      });
    default:
      append_scalar(type, value, out);
  }
}

std::string format_timestamp(std::int64_t epoch_ms) {
  using std::chrono::floor;
  constexpr std::int64_t year_0 = -62'167'219'200'000;
  constexpr std::int64_t year_10000 = 253'402'300'800'000;
  if (epoch_ms < year_0 || epoch_ms >= year_10000) return std::to_string(epoch_ms);
  const std::chrono::sys_time<std::chrono::milliseconds> time{std::chrono::milliseconds(epoch_ms)};
  const auto day = floor<std::chrono::days>(time);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss clock(time - day);
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z", static_cast<int>(date.year()),
                     static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()), clock.hours().count(),
                     clock.minutes().count(), clock.seconds().count(), clock.subseconds().count());
}

}  // namespace weir
