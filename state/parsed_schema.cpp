#include "weir/state/parsed_schema.hpp"

#include <algorithm>
#include <array>
#include <charconv>

#include "weir/core/codec.hpp"
#include "weir/core/error.hpp"
#include "weir/core/format_value.hpp"

namespace weir {
namespace {

constexpr std::array<std::pair<std::string_view, type_kind>, 14> plain_names{{
    {"bool", type_kind::boolean},    {"int8", type_kind::int8},       {"int16", type_kind::int16},
    {"int32", type_kind::int32},     {"int64", type_kind::int64},     {"uint8", type_kind::uint8},
    {"uint16", type_kind::uint16},   {"uint32", type_kind::uint32},   {"uint64", type_kind::uint64},
    {"float32", type_kind::float32}, {"float64", type_kind::float64}, {"string", type_kind::string},
    {"timestamp", type_kind::timestamp}, {"enum", type_kind::enumeration},
}};

constexpr std::array<std::string_view, 5> state_kinds{"value", "list", "map", "reducing", "aggregating"};
constexpr std::array<std::string_view, 3> operator_state_kinds{"operator_list", "operator_union_list", "broadcast_map"};

template <std::size_t Size>
bool contains(const std::array<std::string_view, Size>& names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

/// Reads a schema from its front. What it takes nests no deeper than people nest types, so that recursion is no danger.
class schema_parser {
 public:
  explicit schema_parser(std::string_view text) : whole_(text), left_(text) {}

  parsed_type type(std::size_t depth = 0) {
    if (depth > 64) fail("types nest too deep");
    const std::string_view begin = left_;
    parsed_type made;
    if (take("{")) {
      made.kind = made.underlying = type_kind::record;
      if (!take("}")) {
        do {
          made.names.emplace_back(word());
          expect(": ");
          made.parts.push_back(type(depth + 1));
        } while (take(", "));
        expect("}");
      }
    } else if (take("tuple<")) {
      made.kind = made.underlying = type_kind::tuple;
      if (!take(">")) {
        do made.parts.push_back(type(depth + 1));
        while (take(", "));
        expect(">");
      }
    } else if (take("optional<")) {
      element_of(made, type_kind::optional, depth);
    } else if (take("vector<")) {
      element_of(made, type_kind::vector, depth);
    } else if (take("enum<")) {
      made.kind = type_kind::enumeration;
      made.underlying = plain(word());
      while (take(" ")) enumerator(made);
      expect(">");
    } else {
      made.kind = made.underlying = plain(word());
    }
    made.text = begin.substr(0, begin.size() - left_.size());
    return made;
  }

  parsed_row row() {
    parsed_row made;
    while (!left_.empty()) {
      const std::string_view name = word();
      if (!take(": ")) {
        if (name == "timers" && !made.timers && !made.ttl) {
          made.timers = true;
        } else if (name == "ttl" && !made.ttl) {
          made.ttl = true;
        } else {
          fail("a state has no kind");
        }
      } else {
        const std::string_view kind = word();
        const bool of_operator = contains(operator_state_kinds, kind);
        if (!of_operator && !contains(state_kinds, kind)) fail("no such kind of state");
        parsed_state& state = (of_operator ? made.operator_states : made.states).emplace_back();
        state.name = name;
        state.kind = kind;
        expect("<");
        do state.types.push_back(type());
        while (take(", "));
        expect(">");
        if (state.types.size() != (state.kind == "map" ? 2u : 1u)) fail("a state has too many or too few types");
      }
      if (!left_.empty()) expect("; ");
    }
    return made;
  }

  void end() const {
    if (!left_.empty()) fail("there is more than a schema");
  }

 private:
  [[noreturn]] void fail(std::string_view what) const {
    throw error("'" + std::string(whole_) + "' is no schema of a snapshot: " + std::string(what));
  }
  bool take(std::string_view wanted) {
    if (!left_.starts_with(wanted)) return false;
    left_.remove_prefix(wanted.size());
    return true;
  }
  void expect(std::string_view wanted) {
    if (!take(wanted)) fail("'" + std::string(wanted) + "' is missing before '" + std::string(left_) + "'");
  }
  /// Up to what can end a name.
  std::string_view word() {
    const std::string_view found = left_.substr(0, std::min(left_.find_first_of("{}<>:;,= "), left_.size()));
    if (found.empty()) fail("a name is missing before '" + std::string(left_) + "'");
    left_.remove_prefix(found.size());
    return found;
  }
  type_kind plain(std::string_view name) const {
    for (const auto& [each, kind] : plain_names) {
      if (each == name) return kind;
    }
    fail("there is no type '" + std::string(name) + "'");
  }
  void element_of(parsed_type& made, type_kind kind, std::size_t depth) {
    made.kind = made.underlying = kind;
    made.parts.push_back(type(depth + 1));
    expect(">");
  }
  void enumerator(parsed_type& made) {
    const std::size_t equals = left_.find('=');
    if (equals == left_.npos) fail("an enumerator has no value");
    std::int64_t value = 0;
    const char* const digits = left_.data() + equals + 1;
    const auto [end, problem] = std::from_chars(digits, left_.data() + left_.size(), value);
    if (problem != std::errc{}) fail("an enumerator has no value");
    made.enumerators.emplace_back(left_.substr(0, equals), value);
    left_.remove_prefix(static_cast<std::size_t>(end - left_.data()));
  }

  std::string_view whole_;
  std::string_view left_;
};

std::size_t plain_bytes(type_kind kind) noexcept {
  switch (kind) {
    case type_kind::boolean:
    case type_kind::int8:
    case type_kind::uint8:
      return 1;
    case type_kind::int16:
    case type_kind::uint16:
      return 2;
    case type_kind::int32:
    case type_kind::uint32:
    case type_kind::float32:
      return 4;
    default:
      return 8;
  }
}

std::string_view take_bytes(std::string_view& in, std::uint64_t count, const parsed_type& type) {
  if (count > in.size()) detail::throw_truncated(type.text, count, in.size());
  const std::string_view taken = in.substr(0, count);
  in.remove_prefix(count);
  return taken;
}

/// How many elements follow; a vector of values that take no bytes is not written.
std::uint64_t take_count(std::string_view& in, const parsed_type& type) {
  const std::uint64_t count = detail::decode_varint(in);
  if (count > in.size()) detail::throw_truncated(type.text, count, in.size());
  return count;
}

// ---- JSON -----------------------------------------------------------------------------------------------------------

/// Bytes of the valid UTF-8 sequence at the front; 0 if there is none.
std::size_t sequence_bytes(std::string_view text) noexcept {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const auto follows = [&](std::size_t i) { return i < text.size() && (byte(i) & 0xc0u) == 0x80u; };
  const unsigned first = byte(0);
  if (first < 0x80) return 1;
  if (first >= 0xc2 && first <= 0xdf) return follows(1) ? 2 : 0;
  if (first >= 0xe0 && first <= 0xef) {
    if (!follows(1) || !follows(2)) return 0;
    if ((first == 0xe0 && byte(1) < 0xa0) || (first == 0xed && byte(1) > 0x9f)) return 0;
    return 3;
  }
  if (first >= 0xf0 && first <= 0xf4) {
    if (!follows(1) || !follows(2) || !follows(3)) return 0;
    if ((first == 0xf0 && byte(1) < 0x90) || (first == 0xf4 && byte(1) > 0x8f)) return 0;
    return 4;
  }
  return 0;
}

void append_json_text(std::string_view text, std::string& out) {
  constexpr std::string_view hex = "0123456789abcdef";
  out += '"';
  while (!text.empty()) {
    const auto byte = static_cast<unsigned char>(text.front());
    const std::size_t size = sequence_bytes(text);
    if (byte == '"' || byte == '\\') {
      out += '\\';
      out += text.front();
    } else if (byte < 0x20) {
      out.append("\\u00") += hex[byte >> 4];
      out += hex[byte & 15];
    } else if (size == 0) {
      out += "\xef\xbf\xbd";  // U+FFFD, as decoders show what is no UTF-8
    } else {
      out.append(text.substr(0, size));
    }
    text.remove_prefix(std::max<std::size_t>(size, 1));
  }
  out += '"';
}

std::int64_t take_integer(type_kind kind, std::string_view& in) {
  switch (kind) {
    case type_kind::int8: return decode<std::int8_t>(in);
    case type_kind::int16: return decode<std::int16_t>(in);
    case type_kind::int32: return decode<std::int32_t>(in);
    case type_kind::uint8: return decode<std::uint8_t>(in);
    case type_kind::uint16: return decode<std::uint16_t>(in);
    case type_kind::uint32: return decode<std::uint32_t>(in);
    default: return decode<std::int64_t>(in);
  }
}

template <class Float>
void append_json_float(std::string_view& in, std::string& out) {
  const Float value = decode<Float>(in);
  char text[64];
  const auto [end, problem] = std::to_chars(text, text + sizeof text, value);
  const std::string_view shown(text, static_cast<std::size_t>(end - text));
  if (value - value == 0) {
    out.append(shown);
  } else {
    append_json_text(shown, out);
  }
}

void append_json_time(timestamp time, std::string& out) {
  out += '"';
  out += format_timestamp(epoch_ms(time));
  out += '"';
}

void append_json_element(const parsed_state& state, bool ttl, std::string_view& in, std::string& out) {
  if (state.kind == "map") {
    out += '[';
    append_json(state.types[0], in, out);
    out += ", ";
  }
  if (ttl) skip_value(parsed_type{type_kind::timestamp, type_kind::timestamp, "timestamp", {}, {}, {}}, in);
  append_json(state.types.back(), in, out);
  if (state.kind == "map") out += ']';
}

}  // namespace

std::size_t parsed_type::find(std::string_view name) const noexcept {
  const auto found = std::find(names.begin(), names.end(), name);
  return found == names.end() ? npos : static_cast<std::size_t>(found - names.begin());
}

parsed_type parse_type_schema(std::string_view text) {
  schema_parser parser(text);
  parsed_type made = parser.type();
  parser.end();
  return made;
}

parsed_row parse_row_schema(std::string_view text) { return schema_parser(text).row(); }

bool is_row_schema(std::string_view text) noexcept {
  if (text == "timers" || text == "ttl" || text.starts_with("timers; ")) return true;
  // A type begins with its word, a row with a name and a colon.
  const std::size_t end = text.find_first_of("{}<>:;,= ");
  return end != text.npos && end > 0 && text[end] == ':';
}

void skip_value(const parsed_type& type, std::string_view& in) {
  switch (type.kind) {
    case type_kind::string:
    case type_kind::string_view:
      static_cast<void>(detail::decode_bytes(in, "string"));
      return;
    case type_kind::optional:
      if (detail::decode_flag(in, "optional")) skip_value(type.parts.front(), in);
      return;
    case type_kind::vector:
      for (std::uint64_t left = take_count(in, type); left > 0; --left) skip_value(type.parts.front(), in);
      return;
    case type_kind::record:
    case type_kind::tuple:
      for (const parsed_type& part : type.parts) skip_value(part, in);
      return;
    default:
      static_cast<void>(take_bytes(in, plain_bytes(type.underlying), type));
  }
}

void append_json(const parsed_type& type, std::string_view& in, std::string& out) {
  switch (type.kind) {
    case type_kind::boolean:
      out += detail::decode_flag(in, "bool") ? "true" : "false";
      return;
    case type_kind::uint64:
      out += std::to_string(decode<std::uint64_t>(in));
      return;
    case type_kind::float32:
      append_json_float<float>(in, out);
      return;
    case type_kind::float64:
      append_json_float<double>(in, out);
      return;
    case type_kind::enumeration: {
      const std::int64_t value = take_integer(type.underlying, in);
      const auto found = std::find_if(type.enumerators.begin(), type.enumerators.end(),
                                      [&](const auto& each) { return each.second == value; });
      if (found == type.enumerators.end()) {
        out += std::to_string(value);
      } else {
        append_json_text(found->first, out);
      }
      return;
    }
    case type_kind::string:
    case type_kind::string_view:
      append_json_text(detail::decode_bytes(in, "string"), out);
      return;
    case type_kind::timestamp:
      append_json_time(decode<timestamp>(in), out);
      return;
    case type_kind::optional:
      if (detail::decode_flag(in, "optional")) {
        append_json(type.parts.front(), in, out);
      } else {
        out += "null";
      }
      return;
    case type_kind::vector:
      out += '[';
      for (std::uint64_t left = take_count(in, type); left > 0; --left) {
        append_json(type.parts.front(), in, out);
        if (left > 1) out += ", ";
      }
      out += ']';
      return;
    case type_kind::record:
    case type_kind::tuple:
      out += type.kind == type_kind::record ? '{' : '[';
      for (std::size_t i = 0; i < type.parts.size(); ++i) {
        if (i > 0) out += ", ";
        if (type.kind == type_kind::record) {
          append_json_text(type.names[i], out);
          out += ": ";
        }
        append_json(type.parts[i], in, out);
      }
      out += type.kind == type_kind::record ? '}' : ']';
      return;
    default:
      out += std::to_string(take_integer(type.underlying, in));
  }
}

namespace detail {

void split_row(const parsed_row& row, std::string_view& in, row_parts& into) {
  const parsed_type time{type_kind::timestamp, type_kind::timestamp, "timestamp", {}, {}, {}};
  const std::size_t bits = row.states.size() + (row.timers ? 1 : 0);
  const std::string_view presence = in.substr(0, (bits + 7) / 8);
  if (presence.size() < (bits + 7) / 8) throw_truncated("row of state", (bits + 7) / 8, in.size());
  in.remove_prefix(presence.size());
  const auto has = [&](std::size_t bit) { return (static_cast<unsigned char>(presence[bit / 8]) >> bit % 8 & 1u) != 0; };

  into.states.resize(row.states.size());
  for (std::size_t i = 0; i < row.states.size(); ++i) {
    const parsed_state& state = row.states[i];
    const std::string_view begin = in;
    into.states[i].present = has(i);
    if (has(i)) {
      const bool several = state.kind == "list" || state.kind == "map";
      for (std::uint64_t left = several ? decode_varint(in) : 1; left > 0; --left) {
        if (state.kind == "map") skip_value(state.types[0], in);
        if (row.ttl) skip_value(time, in);
        skip_value(state.types.back(), in);
      }
    }
    into.states[i].bytes = begin.substr(0, begin.size() - in.size());
  }
  const std::string_view begin = in;
  if (row.timers && has(row.states.size())) {
    for (int domain = 0; domain < 2; ++domain) {
      for (std::uint64_t left = decode_varint(in); left > 0; --left) skip_value(time, in);
    }
  }
  into.timers = begin.substr(0, begin.size() - in.size());
}

void visit_operator_states(const parsed_row& row, std::string_view& in,
                           const std::function<void(const parsed_state&, std::string_view)>& visit) {
  for (const parsed_state& state : row.operator_states) {
    const parsed_type& element = state.types.front();
    for (std::uint64_t left = take_count(in, element); left > 0; --left) {
      const std::string_view begin = in;
      skip_value(element, in);
      visit(state, begin.substr(0, begin.size() - in.size()));
    }
  }
}

}  // namespace detail

void append_row_json(const parsed_row& row, std::string_view& in,
                     std::vector<std::pair<std::string, std::string>>& columns) {
  detail::row_parts parts;
  detail::split_row(row, in, parts);
  for (std::size_t i = 0; i < row.states.size(); ++i) {
    const parsed_state& state = row.states[i];
    std::string& out = columns.emplace_back(state.name, "").second;
    std::string_view bytes = parts.states[i].bytes;
    if (!parts.states[i].present) {
      out = "null";
    } else if (state.kind != "list" && state.kind != "map") {
      append_json_element(state, row.ttl, bytes, out);
    } else {
      out += '[';
      for (std::uint64_t left = detail::decode_varint(bytes); left > 0; --left) {
        append_json_element(state, row.ttl, bytes, out);
        if (left > 1) out += ", ";
      }
      out += ']';
    }
  }
  if (!row.timers) return;
  std::string& out = columns.emplace_back("timers", "{").second;
  std::string_view bytes = parts.timers;
  for (const char* const domain : {"event", "processing"}) {
    out.append(out.size() == 1 ? "\"" : ", \"").append(domain).append("\": [");
    for (std::uint64_t left = parts.timers.empty() ? 0 : detail::decode_varint(bytes); left > 0; --left) {
      append_json_time(decode<timestamp>(bytes), out);
      if (left > 1) out += ", ";
    }
    out += ']';
  }
  out += '}';
}

}  // namespace weir
