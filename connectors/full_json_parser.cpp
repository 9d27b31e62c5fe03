#include "weir/connectors/full_json_parser.hpp"

#include <fmt/format.h>
#include <simdjson.h>

#include <charconv>
#include <cmath>
#include <cstring>

#include "weir/connectors/json_members.hpp"
#include "weir/core/error.hpp"
#include "weir/core/format_value.hpp"

namespace weir::detail {
namespace {

namespace ondemand = simdjson::ondemand;

constexpr std::size_t fields_max = 256;
constexpr int nesting_max = 256;  ///< of values that are skipped; the others are as deep as the record type
static_assert(full_json_parser::padding_bytes >= simdjson::SIMDJSON_PADDING);

void refuse_too_many_fields(const type_descriptor& type) {
  if (type.fields.size() > fields_max) {
    throw error(fmt::format("{} has {} members, of which JSON can read {}; nest some of them in a record of their own",
                            type.name, type.fields.size(), fields_max));
  }
  for (const field_descriptor& field : type.fields) refuse_too_many_fields(*field.type);
  if (type.element != nullptr) refuse_too_many_fields(*type.element);
}

/// The value at the front of `rest`, which goes on to the end of the line: to its closing quote, or to the next sign
/// that ends a number or word; all of it for arrays and objects.
std::string_view first_value(std::string_view rest) {
  if (rest.starts_with('[') || rest.starts_with('{')) return rest;
  if (!rest.starts_with('"')) return rest.substr(0, rest.find_first_of(",:]} \t\r\n"));
  std::size_t stop = 1;
  while (stop < rest.size() && rest[stop] != '"') stop += rest[stop] == '\\' ? 2 : 1;
  return rest.substr(0, stop + 1);
}

std::size_t take_digits(std::string_view& text) {
  const std::size_t count = std::min(text.find_first_not_of("0123456789"), text.size());
  text.remove_prefix(count);
  return count;
}

/// The grammar of RFC 8259, section 6, without a limit to the size of numbers.
bool is_word_or_number(std::string_view text) {
  if (text == "true" || text == "false" || text == "null") return true;
  if (text.starts_with('-')) text.remove_prefix(1);
  const bool leading_zero = text.starts_with('0');
  const std::size_t digits = take_digits(text);
  if (digits == 0 || (leading_zero && digits > 1)) return false;
  if (text.starts_with('.')) {
    text.remove_prefix(1);
    if (take_digits(text) == 0) return false;
  }
  if (text.starts_with('e') || text.starts_with('E')) {
    text.remove_prefix(1);
    if (text.starts_with('-') || text.starts_with('+')) text.remove_prefix(1);
    if (take_digits(text) == 0) return false;
  }
  return text.empty();
}

std::string_view reason(simdjson::error_code code) {
  switch (code) {
    case simdjson::UTF8_ERROR:
      return "bytes that are not UTF-8";
    case simdjson::UNCLOSED_STRING:
      return "a string that is not closed";
    case simdjson::UNESCAPED_CHARS:
      return "a control character in a string";
    case simdjson::EMPTY:
      return "an empty line";
    case simdjson::INCOMPLETE_ARRAY_OR_OBJECT:
      return "no closing brace at its end";
    case simdjson::CAPACITY:
    case simdjson::MEMALLOC:
      return "a line that does not fit into memory";
    default:
      return "broken JSON";
  }
}

/// Parses one line: carries what every step needs.
class line_parse {
 public:
  line_parse(std::string_view line, const char* text, arena& scratch, parse_failure& failure)
      : line_(line), text_(text), scratch_(scratch), failure_(failure) {}

  bool run(ondemand::parser& parser, std::size_t capacity, std::span<const field_descriptor> fields, void* record) {
    const simdjson::padded_string_view padded(text_, line_.size(), capacity);
    if (const auto code = parser.iterate(padded).get(document_)) return fail_line(code, 0);
    const std::size_t start = line_.find_first_not_of(" \t\r\n");
    if (start == line_.npos) return fail_line(simdjson::EMPTY, 0);
    if (line_[start] != '{') return fail(text_ + start, "a JSON object", found_text(line_.substr(start)));
    ondemand::object object;
    if (const auto code = document_.get_object().get(object)) return fail_line(code, line_.size());
    if (!read_object(object, fields, static_cast<std::byte*>(record))) return false;
    const char* rest = nullptr;
    if (document_.current_location().get(rest) == simdjson::OUT_OF_BOUNDS) return true;
    return fail(rest, "the end of the line after the object", found_from(rest));
  }

 private:
  bool fail(const char* place, std::string expected, std::string found) {
    failure_ = {static_cast<std::size_t>(place - text_) + 1, "", std::move(expected), std::move(found)};
    return false;
  }

  bool fail_line(simdjson::error_code code, std::size_t offset) {
    return fail(text_ + offset, "a line with one JSON object", std::string(reason(code)));
  }

  bool fail_here(simdjson::error_code code) {
    return fail_line(code, static_cast<std::size_t>(current_place() - text_));
  }

  const char* current_place() {
    const char* place = nullptr;
    const char* const end = text_ + line_.size();
    return document_.current_location().get(place) || place > end ? end : place;
  }

  bool fail_in(std::string_view field) {
    failure_.field = failure_.field.empty() ? std::string(field) : fmt::format("{}.{}", field, failure_.field);
    return false;
  }

  std::string found_from(const char* place) const {
    return found_text({place, static_cast<std::size_t>(text_ + line_.size() - place)});
  }

  /// The line from the first byte of a value on. The length that simdjson gives is wrong behind the end of broken JSON.
  std::string_view rest_from(ondemand::value& value) const {
    const char* const first = value.raw_json_token().data();
    const char* const end = text_ + line_.size();
    return first < text_ || first > end ? std::string_view(end, 0)
                                        : std::string_view(first, static_cast<std::size_t>(end - first));
  }

  bool fail_value(std::string_view rest, const type_descriptor& type) {
    return fail(rest.data(), expected_text(type), found_text(first_value(rest)));
  }

  bool is_name(const char* key, std::string_view name) const {
    if (static_cast<std::size_t>(text_ + line_.size() - key) <= name.size() || key[name.size()] != '"') return false;
    return std::memcmp(key, name.data(), name.size()) == 0;
  }

  /// Index of the member that the key of `field` names, or the number of fields. Keys mostly come in the same order.
  std::size_t find(ondemand::field& field, std::span<const field_descriptor> fields, std::size_t expected) {
    const char* const key = field.key().raw();
    if (expected < fields.size() && is_name(key, fields[expected].name)) return expected;
    for (std::size_t i = 0; i < fields.size(); ++i) {
      if (is_name(key, fields[i].name)) return i;
    }
    const char* stop = key;
    while (*stop != '"' && *stop != '\\') ++stop;
    std::string_view unescaped;
    if (*stop == '"' || field.unescaped_key().get(unescaped)) return fields.size();
    for (std::size_t i = 0; i < fields.size(); ++i) {
      if (fields[i].name == unescaped) return i;
    }
    return fields.size();
  }

  bool read_object(ondemand::object& object, std::span<const field_descriptor> fields, std::byte* record) {
    std::uint64_t seen[fields_max / 64] = {};
    std::size_t count = 0;
    std::size_t expected = 0;
    for (auto each : object) {
      if (each.error()) return fail_here(each.error());
      ondemand::field&& field = std::move(each).value_unsafe();  // a reference: copying it costs as much as parsing
      const std::size_t index = find(field, fields, expected);
      ondemand::value& value = field.value();
      if (index == fields.size()) {
        if (!skip(value, 1)) return false;
        continue;
      }
      if (!read(value, *fields[index].type, record + fields[index].offset)) return fail_in(fields[index].name);
      std::uint64_t& word = seen[index / 64];
      const std::uint64_t bit = std::uint64_t{1} << (index % 64);
      count += (word & bit) == 0 ? 1 : 0;
      word |= bit;
      expected = index + 1;
    }
    if (count == fields.size()) return true;
    for (std::size_t i = 0; i < fields.size(); ++i) {
      if ((seen[i / 64] >> (i % 64) & 1) != 0) continue;
      const type_descriptor& type = *fields[i].type;
      if (type.kind != type_kind::optional) {
        fail(text_ + line_.size(), expected_text(type), "no such key");
        return fail_in(fields[i].name);
      }
      type.optional->reset(record + fields[i].offset);
    }
    return true;
  }

  /// Consumes a value that no member wants. simdjson's own skipping takes `"a":"b":1}` for well-formed.
  bool skip(ondemand::value& value, int depth) {
    const std::string_view rest = rest_from(value);
    if (depth > nesting_max) return fail(rest.data(), fmt::format("at most {} nested levels", nesting_max), "more");
    if (rest.starts_with('{')) return skip_object(value, depth);
    if (rest.starts_with('[')) return skip_array(value, depth);
    ondemand::raw_json_string text;
    if (rest.starts_with('"')) return !value.get_raw_json_string().get(text) || fail_here(simdjson::STRING_ERROR);
    if (is_word_or_number(first_value(rest))) return true;
    return fail(rest.data(), "a JSON value", found_text(first_value(rest)));
  }

  bool skip_object(ondemand::value& value, int depth) {
    ondemand::object object;
    if (const auto code = value.get_object().get(object)) return fail_here(code);
    for (auto each : object) {
      if (each.error()) return fail_here(each.error());
      ondemand::field&& field = std::move(each).value_unsafe();  // a reference: copying it costs as much as parsing
      if (!skip(field.value(), depth + 1)) return false;
    }
    return true;
  }

  bool skip_array(ondemand::value& value, int depth) {
    ondemand::array array;
    if (const auto code = value.get_array().get(array)) return fail_here(code);
    for (auto each : array) {
      if (each.error()) return fail_here(each.error());
      ondemand::value&& element = std::move(each).value_unsafe();
      if (!skip(element, depth + 1)) return false;
    }
    return true;
  }

  bool read(ondemand::value& value, const type_descriptor& type, std::byte* member) {
    const std::string_view rest = rest_from(value);
    switch (type.kind) {
      case type_kind::optional:
        if (first_value(rest) == "null") {
          type.optional->reset(member);
          return !value.is_null().error() || fail_value(rest, type);
        }
        return read(value, *type.element, static_cast<std::byte*>(type.optional->emplace(member)));
      case type_kind::vector:
        return read_vector(value, rest, type, member);
      case type_kind::record:
        return read_members(value, rest, type, member);
      case type_kind::tuple:
        return is_json_array(type) ? read_tuple(value, rest, type, member) : read_members(value, rest, type, member);
      case type_kind::string:
      case type_kind::string_view:
        return read_string(value, rest, type, member);
      case type_kind::timestamp:
      case type_kind::enumeration:
        if (rest.starts_with('"')) return read_named(value, rest, type, member);
        return read_number(value, type, member) || fail_value(rest, type);
      default:
        return read_number(value, type, member) || fail_value(rest, type);
    }
  }

  bool read_members(ondemand::value& value, std::string_view rest, const type_descriptor& type, std::byte* member) {
    ondemand::object object;
    if (value.get_object().get(object)) return fail_value(rest, type);
    return read_object(object, type.fields, member);
  }

  bool read_vector(ondemand::value& value, std::string_view rest, const type_descriptor& type, std::byte* member) {
    ondemand::array array;
    if (value.get_array().get(array)) return fail_value(rest, type);
    type.vector->clear(member);
    for (auto each : array) {
      if (each.error()) return fail_here(each.error());
      ondemand::value&& element = std::move(each).value_unsafe();
      if (!read(element, *type.element, static_cast<std::byte*>(type.vector->append(member)))) return false;
    }
    return true;
  }

  bool read_tuple(ondemand::value& value, std::string_view rest, const type_descriptor& type, std::byte* member) {
    ondemand::array array;
    if (value.get_array().get(array)) return fail_value(rest, type);
    std::size_t count = 0;
    for (auto each : array) {
      if (each.error()) return fail_here(each.error());
      ondemand::value&& element = std::move(each).value_unsafe();
      if (count < type.fields.size()) {
        const field_descriptor& field = type.fields[count];
        if (!read(element, *field.type, member + field.offset)) return fail_in(std::to_string(count));
      }
      ++count;
    }
    if (count == type.fields.size()) return true;
    return fail(rest.data(), fmt::format("an array of {} values", type.fields.size()), fmt::format("{} values", count));
  }

  /// The text of a string: borrowed from the line, or decoded into the arena.
  bool read_text(ondemand::value& value, std::string_view rest, const type_descriptor& type, std::string_view& text,
                 bool& decoded) {
    if (!rest.starts_with('"')) return fail_value(rest, type);
    const char* const first = rest.data() + 1;
    const auto* const quote = static_cast<const char*>(std::memchr(first, '"', rest.size() - 1));
    if (quote == nullptr) return fail_here(simdjson::UNCLOSED_STRING);
    const auto size = static_cast<std::size_t>(quote - first);
    decoded = size > 0 && std::memchr(first, '\\', size) != nullptr;
    if (decoded) return !value.get_string().get(text) || fail_value(rest, type);
    ondemand::raw_json_string consumed;
    if (value.get_raw_json_string().get(consumed)) return fail_value(rest, type);
    text = {line_.data() + (first - text_), size};
    return true;
  }

  bool read_string(ondemand::value& value, std::string_view rest, const type_descriptor& type, std::byte* member) {
    std::string_view text;
    bool decoded = false;
    if (!read_text(value, rest, type, text, decoded)) return false;
    if (type.kind == type_kind::string_view && decoded) text = scratch_.store(text);
    return parse_scalar(type, text, member);
  }

  bool read_named(ondemand::value& value, std::string_view rest, const type_descriptor& type, std::byte* member) {
    std::string_view text;
    bool decoded = false;
    if (!read_text(value, rest, type, text, decoded)) return false;
    return parse_scalar(type, text, member) || fail_value(rest, type);
  }

  bool read_number(ondemand::value& value, const type_descriptor& type, std::byte* member) {
    switch (type.underlying) {
      case type_kind::boolean: {
        bool read = false;
        if (value.get_bool().get(read)) return false;
        std::memcpy(member, &read, sizeof read);
        return true;
      }
      case type_kind::uint64: {
        std::uint64_t read = 0;
        if (value.get_uint64().get(read)) return false;
        std::memcpy(member, &read, sizeof read);
        return true;
      }
      case type_kind::float64:
      case type_kind::float32:
        return read_floating(value, type, member);
      default: {
        std::int64_t read = 0;
        return !value.get_int64().get(read) && store_integer(type, read, member);
      }
    }
  }

  /// Asks simdjson only about doubles next to zero: before 3.6.3 it misreads numbers of 20 and more decimals (its issue
  /// 2093) and refuses exponents of as many digits.
  bool read_floating(ondemand::value& value, const type_descriptor& type, std::byte* member) {
    const std::string_view text = first_value(rest_from(value));
    if (!is_word_or_number(text)) return false;
    if (parse_scalar(type, text, member)) return true;
    double read = 0;
    if (type.underlying != type_kind::float64 || value.get_double().get(read)) return false;
    std::memcpy(member, &read, sizeof read);
    return true;
  }

  std::string_view line_;
  const char* text_;  ///< the line, or its padded copy
  arena& scratch_;
  parse_failure& failure_;
  ondemand::document document_;
};

}  // namespace

struct full_json_parser::implementation {
  std::span<const field_descriptor> fields;
  ondemand::parser parser;
};

full_json_parser::full_json_parser(const type_descriptor& type, std::span<const field_descriptor> fields)
    : implementation_(std::make_unique<implementation>()) {
  refuse_too_many_fields(type);
  implementation_->fields = fields;
}

full_json_parser::~full_json_parser() = default;
full_json_parser::full_json_parser(full_json_parser&&) noexcept = default;
full_json_parser& full_json_parser::operator=(full_json_parser&&) noexcept = default;

bool full_json_parser::parse(const char* text, std::string_view line, void* record, arena& scratch,
                             parse_failure& failure) {
  return line_parse(line, text, scratch, failure)
      .run(implementation_->parser, line.size() + padding_bytes, implementation_->fields, record);
}

}  // namespace weir::detail
