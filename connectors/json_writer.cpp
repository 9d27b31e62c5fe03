#include <fmt/format.h>
#include <simdjson.h>

#include <charconv>
#include <cmath>
#include <cstring>

#include "weir/connectors/json_format.hpp"
#include "weir/connectors/json_members.hpp"
#include "weir/core/format_value.hpp"

namespace weir {
namespace {

void append_escaped(char byte, std::string& out) {
  switch (byte) {
    case '"':
      out += "\\\"";
      return;
    case '\\':
      out += "\\\\";
      return;
    case '\b':
      out += "\\b";
      return;
    case '\f':
      out += "\\f";
      return;
    case '\n':
      out += "\\n";
      return;
    case '\r':
      out += "\\r";
      return;
    case '\t':
      out += "\\t";
      return;
    default:
      fmt::format_to(std::back_inserter(out), "\\u{:04x}", static_cast<unsigned>(byte));
  }
}

/// The length of the UTF-8 character at the front of `text`, or 0 if there is none.
std::size_t character_length(std::string_view text) {
  const auto first = static_cast<unsigned char>(text.front());
  const std::size_t length = first < 0x80 ? 1 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
  if (length > text.size() || !simdjson::validate_utf8(text.data(), length)) return 0;
  return length;
}

std::string with_replacements(std::string_view text) {
  std::string valid;
  while (!text.empty()) {
    const std::size_t length = character_length(text);
    valid += length == 0 ? std::string_view("\xef\xbf\xbd") : text.substr(0, length);
    text.remove_prefix(std::max<std::size_t>(length, 1));
  }
  return valid;
}

void append_string(std::string_view text, std::string& out) {
  std::string repaired;
  if (!text.empty() && !simdjson::validate_utf8(text.data(), text.size())) {
    repaired = with_replacements(text);
    text = repaired;
  }
  out.push_back('"');
  std::size_t copied = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (static_cast<unsigned char>(text[i]) >= 0x20 && text[i] != '"' && text[i] != '\\') continue;
    out.append(text.substr(copied, i - copied));
    append_escaped(text[i], out);
    copied = i + 1;
  }
  out.append(text.substr(copied)).push_back('"');
}

bool is_finite(const type_descriptor& type, const void* value) {
  if (type.kind == type_kind::float32) return std::isfinite(*static_cast<const float*>(value));
  if (type.kind == type_kind::float64) return std::isfinite(*static_cast<const double*>(value));
  return true;
}

bool has_name(const type_descriptor& type, std::string_view text) {
  for (const enum_entry& each : type.enumerators) {
    if (each.name == text) return true;
  }
  return false;
}

void write(const type_descriptor& type, const std::byte* value, std::string& out);

void write_list(char open, char close, std::size_t size, std::string& out, auto&& element) {
  out.push_back(open);
  for (std::size_t i = 0; i < size; ++i) {
    if (i > 0) out.push_back(',');
    element(i);
  }
  out.push_back(close);
}

void write_fields(const type_descriptor& type, const std::byte* value, std::string& out) {
  const bool array = detail::is_json_array(type);
  write_list(array ? '[' : '{', array ? ']' : '}', type.fields.size(), out, [&](std::size_t i) {
    const field_descriptor& field = type.fields[i];
    if (!array) {
      append_string(field.name, out);
      out.push_back(':');
    }
    write(*field.type, value + field.offset, out);
  });
}

void write(const type_descriptor& type, const std::byte* value, std::string& out) {
  switch (type.kind) {
    case type_kind::string:
      return append_string(*reinterpret_cast<const std::string*>(value), out);
    case type_kind::string_view:
      return append_string(*reinterpret_cast<const std::string_view*>(value), out);
    case type_kind::optional:
      if (type.optional->has(value)) {
        return write(*type.element, static_cast<const std::byte*>(type.optional->get(value)), out);
      }
      out += "null";
      return;
    case type_kind::vector:
      return write_list('[', ']', type.vector->size(value), out, [&](std::size_t i) {
        write(*type.element, static_cast<const std::byte*>(type.vector->at(value, i)), out);
      });
    case type_kind::record:
    case type_kind::tuple:
      return write_fields(type, value, out);
    case type_kind::enumeration: {
      std::string text;
      append_scalar(type, value, text);
      if (has_name(type, text)) return append_string(text, out);
      out += text;
      return;
    }
    default:
      if (is_finite(type, value)) return append_scalar(type, value, out);
      out += "null";
  }
}

/// The flat columns of a type, in the order of column_names().
void append_leaves(const type_descriptor& type, std::size_t offset, std::vector<field_descriptor>& leaves) {
  if (type.kind != type_kind::record && type.kind != type_kind::tuple) {
    leaves.push_back({{}, offset, &type});
    return;
  }
  for (const field_descriptor& field : type.fields) append_leaves(*field.type, offset + field.offset, leaves);
}

}  // namespace

json_writer::json_writer(const type_descriptor& type, std::vector<std::string> names) {
  std::vector<field_descriptor> leaves;
  append_leaves(type, 0, leaves);
  if (names.size() != type.fields.size() && names.size() == leaves.size()) {
    for (std::size_t i = 0; i < leaves.size(); ++i) {
      std::string key;
      append_string(names[i], key);
      members_.push_back({key + ':', leaves[i]});
    }
    return;
  }
  std::vector<std::string> storage;
  for (const field_descriptor& field : detail::json_members(type, std::move(names), storage)) {
    std::string key;
    append_string(field.name, key);
    members_.push_back({key + ':', {{}, field.offset, field.type}});
  }
}

void json_writer::row(const void* record, std::string& out) const {
  const auto* bytes = static_cast<const std::byte*>(record);
  write_list('{', '}', members_.size(), out, [&](std::size_t i) {
    out += members_[i].key;
    write(*members_[i].field.type, bytes + members_[i].field.offset, out);
  });
  out.push_back('\n');
}

}  // namespace weir
