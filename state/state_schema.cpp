#include "weir/state/state_schema.hpp"

namespace weir {
namespace {

std::string_view name_of(type_kind kind) {
  switch (kind) {
    case type_kind::boolean:
      return "bool";
    case type_kind::int8:
      return "int8";
    case type_kind::int16:
      return "int16";
    case type_kind::int32:
      return "int32";
    case type_kind::int64:
      return "int64";
    case type_kind::uint8:
      return "uint8";
    case type_kind::uint16:
      return "uint16";
    case type_kind::uint32:
      return "uint32";
    case type_kind::uint64:
      return "uint64";
    case type_kind::float32:
      return "float32";
    case type_kind::float64:
      return "float64";
    case type_kind::enumeration:
      return "enum";
    case type_kind::string:
    case type_kind::string_view:
      return "string";
    case type_kind::timestamp:
      return "timestamp";
    case type_kind::optional:
      return "optional";
    case type_kind::vector:
      return "vector";
    case type_kind::record:
      return "record";
    case type_kind::tuple:
      return "tuple";
  }
  return "";
}

void append_type(std::string& text, const type_descriptor& type);

void append_fields(std::string& text, const type_descriptor& type, bool with_names) {
  bool first = true;
  for (const field_descriptor& field : type.fields) {
    if (!first) text += ", ";
    first = false;
    if (with_names) text.append(field.name).append(": ");
    append_type(text, *field.type);
  }
}

void append_type(std::string& text, const type_descriptor& type) {
  switch (type.kind) {
    case type_kind::record:
      text += '{';
      append_fields(text, type, true);
      text += '}';
      return;
    case type_kind::tuple:
      text += "tuple<";
      append_fields(text, type, false);
      text += '>';
      return;
    case type_kind::optional:
    case type_kind::vector:
      text.append(name_of(type.kind)) += '<';
      append_type(text, *type.element);
      text += '>';
      return;
    case type_kind::enumeration:
      text.append("enum<").append(name_of(type.underlying));
      for (const enum_entry& each : type.enumerators) {
        text.append(" ").append(each.name).append("=").append(std::to_string(each.value));
      }
      text += '>';
      return;
    default:
      text += name_of(type.kind);
  }
}

}  // namespace

std::string schema_text(const type_descriptor& type) {
  std::string text;
  append_type(text, type);
  return text;
}

std::string schema_text(const row_description& row) {
  std::string text;
  const auto begin = [&] {
    if (!text.empty()) text += "; ";
  };
  for (const auto* const states : {&row.states, &row.operator_states}) {
    for (const row_description::state& state : *states) {
      begin();
      text.append(state.name).append(": ").append(state.kind) += '<';
      for (std::size_t i = 0; i < state.types.size(); ++i) {
        if (i > 0) text += ", ";
        append_type(text, *state.types[i]);
      }
      text += '>';
    }
  }
  if (row.timers) {
    begin();
    text += "timers";
  }
  if (row.ttl) {
    begin();
    text += "ttl";
  }
  return text;
}

}  // namespace weir
