#pragma once
// The schemas of a snapshot (state_schema.hpp) read back from their texts, and values told by them alone: how `inspect`
// shows state and a restore reads state of older code, without the types that wrote it.
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "weir/core/schema.hpp"

namespace weir {

/// A type as its text tells it. `string_view` never stands here: borrowed strings are written as strings.
struct parsed_type {
  type_kind kind = type_kind::boolean;
  type_kind underlying = type_kind::boolean;                      ///< the integer of an enumeration
  std::string text;                                               ///< of the whole type
  std::vector<std::string> names;                                 ///< of a record's members
  std::vector<parsed_type> parts;                                ///< members, elements of a tuple, or the one element
  std::vector<std::pair<std::string, std::int64_t>> enumerators;  ///< where the text has them

  /// Place of a record's member; npos where there is none of this name.
  std::size_t find(std::string_view name) const noexcept;
  static constexpr std::size_t npos = static_cast<std::size_t>(-1);
};

/// A state of a row: `visits: map<string, int64>`.
struct parsed_state {
  std::string name;
  std::string kind;  ///< value, list, map, reducing or aggregating; operator_list, operator_union_list or broadcast_map
  std::vector<parsed_type> types;
};

/// The rows of a process function, and its operator state.
struct parsed_row {
  std::vector<parsed_state> states;
  bool timers = false;
  bool ttl = false;
  std::vector<parsed_state> operator_states;
};

/// Throw weir::error for a text that is no schema.
parsed_type parse_type_schema(std::string_view text);
parsed_row parse_row_schema(std::string_view text);
/// Whether a text is that of rows, not of one type.
bool is_row_schema(std::string_view text) noexcept;

/// Takes a value from the front of `in`. Throws weir::error if it is cut short.
void skip_value(const parsed_type& type, std::string_view& in);

/// The same, and appends the value as JSON: timestamps as ISO 8601, numbers of 64 bits as they are, named enumerators by
/// name, what JSON cannot hold (infinities, bytes that are no UTF-8) as strings.
void append_json(const parsed_type& type, std::string_view& in, std::string& out);

namespace detail {

/// A row taken apart: views into its bytes.
struct row_parts {
  struct state {
    bool present = false;
    std::string_view bytes;  ///< with what says how many, and the times of time to live
  };
  std::vector<state> states;
  std::string_view timers;  ///< empty: none
};

/// Takes a row from the front of `in`. Throws weir::error if it is cut short.
void split_row(const parsed_row& row, std::string_view& in, row_parts& into);

/// Takes the operator state of a subtask from the front of `in` (operator_state.hpp) and calls `visit(state, element)` for
/// each element of each list, with views into its bytes. Throws weir::error if it is cut short.
void visit_operator_states(const parsed_row& row, std::string_view& in,
                           const std::function<void(const parsed_state&, std::string_view)>& visit);

}  // namespace detail

/// Takes a row from the front of `in` and appends its states and "timers", each with its value as JSON; what is not there is
/// null. Lists are arrays, maps are arrays of pairs.
void append_row_json(const parsed_row& row, std::string_view& in,
                     std::vector<std::pair<std::string, std::string>>& columns);

}  // namespace weir
