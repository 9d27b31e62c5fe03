#include "weir/state/state_conversion.hpp"

#include <algorithm>
#include <functional>
#include <utility>
#include <vector>

#include "weir/core/codec.hpp"
#include "weir/core/error.hpp"
#include "weir/state/parsed_schema.hpp"

namespace weir {
namespace {

/// The bytes of a value that is known by its description only.
void encode_described(const type_descriptor& type, const void* value, std::string& out) {
  const auto plain = [&]<class Type>(std::type_identity<Type>) { encode(*static_cast<const Type*>(value), out); };
  switch (type.kind == type_kind::enumeration ? type.underlying : type.kind) {
    case type_kind::boolean: return plain(std::type_identity<bool>{});
    case type_kind::int8: return plain(std::type_identity<std::int8_t>{});
    case type_kind::int16: return plain(std::type_identity<std::int16_t>{});
    case type_kind::int32: return plain(std::type_identity<std::int32_t>{});
    case type_kind::int64: return plain(std::type_identity<std::int64_t>{});
    case type_kind::uint8: return plain(std::type_identity<std::uint8_t>{});
    case type_kind::uint16: return plain(std::type_identity<std::uint16_t>{});
    case type_kind::uint32: return plain(std::type_identity<std::uint32_t>{});
    case type_kind::uint64: return plain(std::type_identity<std::uint64_t>{});
    case type_kind::float32: return plain(std::type_identity<float>{});
    case type_kind::float64: return plain(std::type_identity<double>{});
    case type_kind::string: return plain(std::type_identity<std::string>{});
    case type_kind::string_view: return plain(std::type_identity<std::string_view>{});
    case type_kind::timestamp: return plain(std::type_identity<timestamp>{});
    case type_kind::optional: {
      const bool has = type.optional->has(value);
      encode(has, out);
      if (has) encode_described(*type.element, type.optional->get(value), out);
      return;
    }
    case type_kind::vector: {
      const std::size_t size = type.vector->size(value);
      detail::encode_varint(size, out);
      for (std::size_t i = 0; i < size; ++i) encode_described(*type.element, type.vector->at(value, i), out);
      return;
    }
    default:
      for (const field_descriptor& field : type.fields) {
        encode_described(*field.type, static_cast<const char*>(value) + field.offset, out);
      }
  }
}

std::string quoted(std::string_view name) { return "'" + std::string(name) + "'"; }

/// "member 'score' of state 'last'".
std::string within(std::string_view what, std::string_view name, const std::string& place) {
  return std::string(what) + " " + quoted(name) + (place.empty() ? "" : " of " + place);
}

[[noreturn]] void refuse(const std::string& place, const std::string& before, const std::string& now) {
  throw error((place.empty() ? "it" : place) + " was " + before + " and is " + now);
}

bool same_enumerators(const parsed_type& older, const type_descriptor& newer) {
  if (older.enumerators.empty() || newer.enumerators.empty()) return true;
  return std::all_of(older.enumerators.begin(), older.enumerators.end(), [&](const auto& old) {
    return std::any_of(newer.enumerators.begin(), newer.enumerators.end(),
                       [&](const enum_entry& now) { return now.name == old.first && now.value == old.second; });
  });
}

}  // namespace

/// What is done to one value.
struct state_conversion::value {
  enum class action : std::uint8_t { copy, element, elements, members, migrate };
  /// A member of the newer record: from that place of the older one, or the bytes of its default.
  struct member {
    std::size_t from = parsed_type::npos;
    std::string bytes{};
    std::unique_ptr<const value> how{};
  };

  action what = action::copy;
  parsed_type older;
  std::unique_ptr<const value> inner{};          // of an element; of what is migrated
  std::vector<member> parts{};                   // in the order of the newer record or tuple
  const migration_operation* migration = nullptr;

  explicit value(parsed_type from) : older(std::move(from)) {}

  void convert(std::string_view& in, std::string& out) const {
    switch (what) {
      case action::copy:
        out.append(taken(older, in));
        return;
      case action::element: {
        const bool has = detail::decode_flag(in, "optional");
        encode(has, out);
        if (has) inner->convert(in, out);
        return;
      }
      case action::elements: {
        std::uint64_t left = detail::decode_varint(in);
        if (left > in.size()) detail::throw_truncated(older.text, left, in.size());
        detail::encode_varint(left, out);
        for (; left > 0; --left) inner->convert(in, out);
        return;
      }
      case action::members: {
        std::vector<std::string_view> slices;
        for (const parsed_type& part : older.parts) slices.push_back(taken(part, in));
        for (const member& each : parts) {
          if (each.from == parsed_type::npos) {
            out.append(each.bytes);
          } else {
            each.how->convert(slices[each.from], out);
          }
        }
        return;
      }
      case action::migrate: {
        std::string as_expected;
        inner->convert(in, as_expected);
        std::string_view bytes = as_expected;
        migration->convert(bytes, out);
        return;
      }
    }
  }

 private:
  static std::string_view taken(const parsed_type& type, std::string_view& in) {
    const std::string_view begin = in;
    skip_value(type, in);
    return begin.substr(0, begin.size() - in.size());
  }
};

std::unique_ptr<const state_conversion::value> state_conversion::plan(const parsed_type& older,
                                                                      const type_descriptor& newer,
                                                                      const std::string& place) {
  using action = value::action;
  auto made = std::make_unique<value>(older);
  const std::string now = schema_text(newer);
  if (older.text == now) return made;
  if (newer.migration != nullptr) {
    made->what = action::migrate;
    made->migration = newer.migration;
    made->inner = plan(older, newer.migration->from(), place);
    return made;
  }
  const type_kind kind = newer.kind == type_kind::string_view ? type_kind::string : newer.kind;
  if (older.kind != kind || older.underlying != (newer.underlying == type_kind::string_view ? kind : newer.underlying)) {
    refuse(place, older.text, now);
  }
  switch (kind) {
    case type_kind::enumeration:
      if (!same_enumerators(older, newer)) refuse(place, older.text, now);
      return made;
    case type_kind::optional:
      made->what = action::element;
      made->inner = plan(older.parts.front(), *newer.element, place);
      return made;
    case type_kind::vector:
      made->what = action::elements;
      made->inner = plan(older.parts.front(), *newer.element, place);
      return made;
    case type_kind::tuple:
      if (older.parts.size() != newer.fields.size()) refuse(place, older.text, now);
      made->what = action::members;
      for (std::size_t i = 0; i < older.parts.size(); ++i) {
        made->parts.push_back({i, {}, plan(older.parts[i], *newer.fields[i].type, place)});
      }
      return made;
    case type_kind::record:
      made->what = action::members;
      for (const field_descriptor& field : newer.fields) {
        value::member& part = made->parts.emplace_back();
        part.from = older.find(field.name);
        if (part.from != parsed_type::npos) {
          part.how = plan(older.parts[part.from], *field.type, within("member", field.name, place));
        } else if (newer.default_value != nullptr) {
          encode_described(*field.type, static_cast<const char*>(newer.default_value()) + field.offset, part.bytes);
        } else {
          throw error(within("member", field.name, place) + " is new, and the record has no default");
        }
      }
      return made;
    default:
      return made;
  }
}

/// What is done to one row.
struct state_conversion::row {
  struct state {
    std::size_t from = parsed_type::npos;
    std::vector<std::unique_ptr<const value>> types{};
  };
  parsed_row older;
  std::vector<state> states{};
  bool timers = false;
  std::vector<state> operator_states{};

  /// What becomes of a state of either sort.
  state plan_state(const row_description::state& now) const {
    state made;
    const auto is_named = [&](const parsed_state& each) {
      return each.name == now.name ||
             std::find(now.former_names.begin(), now.former_names.end(), each.name) != now.former_names.end();
    };
    for (const auto* const before : {&older.states, &older.operator_states}) {
      const auto found = std::find_if(before->begin(), before->end(), is_named);
      if (found == before->end()) continue;
      const std::string place = within("state", now.name, "");
      if (found->kind != now.kind) refuse(place, "of kind " + found->kind, "of kind " + std::string(now.kind));
      made.from = static_cast<std::size_t>(found - before->begin());
      for (std::size_t i = 0; i < now.types.size(); ++i) {
        made.types.push_back(plan(found->types[i], *now.types[i], place));
      }
      break;
    }
    return made;
  }

  void convert_operator_states(std::string_view& in, std::string& out) const {
    std::vector<std::vector<std::string_view>> lists(older.operator_states.size());
    detail::visit_operator_states(older, in, [&](const parsed_state& state, std::string_view element) {
      lists[static_cast<std::size_t>(&state - older.operator_states.data())].push_back(element);
    });
    for (const state& each : operator_states) {
      if (each.from == parsed_type::npos) {
        detail::encode_varint(0, out);
        continue;
      }
      detail::encode_varint(lists[each.from].size(), out);
      for (std::string_view element : lists[each.from]) each.types.front()->convert(element, out);
    }
  }

  void convert(std::string_view& in, std::string& out) const {
    detail::row_parts parts;
    detail::split_row(older, in, parts);
    std::string presence((states.size() + (timers ? 1 : 0) + 7) / 8, '\0');
    const auto set = [&](std::size_t bit) { presence[bit / 8] = static_cast<char>(presence[bit / 8] | 1 << bit % 8); };
    for (std::size_t i = 0; i < states.size(); ++i) {
      if (states[i].from != parsed_type::npos && parts.states[states[i].from].present) set(i);
    }
    if (!parts.timers.empty()) set(states.size());
    out.append(presence);
    for (const state& each : states) {
      if (each.from == parsed_type::npos || !parts.states[each.from].present) continue;
      convert_state(older.states[each.from], each, parts.states[each.from].bytes, out);
    }
    out.append(parts.timers);
  }

 private:
  void convert_state(const parsed_state& from, const state& how, std::string_view in, std::string& out) const {
    std::uint64_t left = 1;
    if (from.kind == "list" || from.kind == "map") {
      left = detail::decode_varint(in);
      detail::encode_varint(left, out);
    }
    for (; left > 0; --left) {
      if (from.kind == "map") how.types[0]->convert(in, out);
      if (older.ttl) {
        out.append(in.substr(0, sizeof(std::int64_t)));
        in.remove_prefix(sizeof(std::int64_t));
      }
      how.types.back()->convert(in, out);
    }
  }
};

state_conversion::state_conversion(std::string_view older, const type_descriptor& newer)
    : value_(plan(parse_type_schema(older), newer, "")) {}

state_conversion::state_conversion(std::string_view older, const row_description& newer) {
  auto made = std::make_unique<row>();
  made->older = parse_row_schema(older);
  made->timers = newer.timers;
  if (made->older.ttl != newer.ttl) {
    throw error(newer.ttl ? "its state has a time to live now and had none" : "its state had a time to live and has none now");
  }
  if (made->older.timers && !newer.timers) throw error("it had timers and has no on_timer now");
  for (const row_description::state& now : newer.states) made->states.push_back(made->plan_state(now));
  for (const row_description::state& now : newer.operator_states) {
    made->operator_states.push_back(made->plan_state(now));
  }
  row_ = std::move(made);
}

state_conversion::state_conversion(state_conversion&&) noexcept = default;
state_conversion::~state_conversion() = default;

void state_conversion::convert(std::string_view& in, std::string& out) const {
  if (row_) {
    row_->convert(in, out);
  } else {
    value_->convert(in, out);
  }
}

void state_conversion::convert_operator_states(std::string_view& in, std::string& out) const {
  if (row_) row_->convert_operator_states(in, out);
}

}  // namespace weir
