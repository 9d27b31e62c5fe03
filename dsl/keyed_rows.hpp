#pragma once
// How operators put the entries of a keyed table into a snapshot, and take them up again. A row is the key's bytes and
// then those of its state (core/codec.hpp; the rows of process functions have bytes of their own, state/state_row.hpp).
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "weir/core/byte_buffer.hpp"
#include "weir/core/codec.hpp"
#include "weir/core/hash.hpp"
#include "weir/core/key_group.hpp"
#include "weir/core/type_name.hpp"
#include "weir/dsl/stage_draft.hpp"
#include "weir/runtime/subtask_restore.hpp"
#include "weir/runtime/subtask_snapshot.hpp"
#include "weir/state/keyed_table.hpp"
#include "weir/state/state_conversion.hpp"
#include "weir/state/state_schema.hpp"

namespace weir::detail {

/// What the rows of the only table of an operator are called.
inline constexpr std::string_view rows_name = "rows";

/// The schema of a table; where states have no binary form, why it cannot be part of a snapshot.
std::shared_ptr<const table_schema> make_table_schema(const type_descriptor& key, const type_descriptor& state);
std::shared_ptr<const table_schema> make_table_schema(const type_descriptor& key, row_description rows);
/// That of operator state alone.
std::shared_ptr<const table_schema> make_table_schema(row_description states);
std::shared_ptr<const table_schema> make_table_without_schema(const type_descriptor& key, std::string_view state_type);

template <class Key, class State>
std::shared_ptr<const table_schema> schema_of_table() {
  if constexpr (has_binary_form<State>) {
    return make_table_schema(describe<Key>(), describe<typename written_type<State>::type>());
  } else {
    return make_table_without_schema(describe<Key>(), type_name<State>());
  }
}

/// Entries that are copied between two looks at the clock (subtask_snapshot::copy_slice).
inline constexpr std::size_t rows_per_slice = 512;

template <class State, class Out>
void encode_state(const State& state, Out& out) {
  if constexpr (requires { state.encode_to(out); }) {
    state.encode_to(out);
  } else {
    encode(state, out);
  }
}

template <class State>
constexpr std::size_t state_bytes_max() {
  if constexpr (requires { State::encoded_bytes_max(); }) {
    return State::encoded_bytes_max();
  } else {
    return encoded_bytes_max<State>();
  }
}

template <class Key, class State>
[[gnu::always_inline]] inline void encode_row(const Key& key, const State& state, byte_buffer& out) {
  constexpr std::size_t most = bytes_max_of_all({encoded_bytes_max<Key>(), state_bytes_max<State>()});
  const auto write = [&](auto& to) __attribute__((always_inline)) {
    encode(key, to);
    encode_state(state, to);
  };
  if constexpr (most != no_bytes_max) {
    out.append_up_to(most, write);
  } else {
    write(out);
  }
}

template <class State>
void decode_state(std::string_view& in, State& state) {
  if constexpr (requires { state.decode_from(in); }) {
    state.decode_from(in);
  } else {
    decode_into(in, state);
  }
}

/// Copies a slice of a table whose snapshot has begun; true when all is copied.
template <class Key, class State>
bool copy_slice(keyed_table<Key, State>& table, std::string_view name, const operator_snapshot& out) {
  table_slice slice = out.slice(name);
  return table.snapshot_slice(rows_per_slice, [&](std::uint32_t key_group, const auto& key, const State& state) {
    slice.row(
        key_group, [&] { return table.group_size(key_group); },
        [&](byte_buffer& bytes) { encode_row(key, state, bytes); });
  });
}

/// What `keyed_table::find_or_create_in_snapshot` hands the entries to that are about to change.
inline auto before_change(std::string_view name, const operator_snapshot& out) {
  return [name, &out](std::uint32_t, const auto& key, const auto& state) {
    out.row_before_change(name, [&](byte_buffer& bytes) { encode_row(key, state, bytes); });
  };
}

/// Throws snapshot_damaged if a block of rows has `rest` behind its rows.
void require_end_of_rows(std::string_view rest, const operator_restore& from);

/// Reads a state of a snapshot; one that older code has written is converted.
template <class State>
void decode_restored(std::string_view& in, State& state, const operator_restore& from, std::string& converted) {
  if (from.conversion() == nullptr) {
    decode_state(in, state);
    return;
  }
  converted.clear();
  from.conversion()->convert(in, converted);
  std::string_view bytes = converted;
  decode_state(bytes, state);
}

/// Puts the rows of a block that belong to this subtask into `table`; `make()` makes the state that is decoded into, and
/// `taken(key, hash, state)` sees each.
template <class Key, class State, class Make, class Taken>
void take_rows(const snapshot_block& block, const operator_restore& from, keyed_table<Key, State>& table, Make&& make,
               Taken&& taken) {
  const bool mixed = block.key_group == mixed_key_groups;
  if (!mixed && block.rows_in_group > 0) table.reserve_group(block.key_group, block.rows_in_group);
  std::string_view in = block.bytes;
  std::string converted;
  for (std::uint32_t row = 0; row < block.rows; ++row) {
    const Key key = decode<Key>(in);
    const std::uint64_t hash = stable_hash(key);
    if (mixed && !from.groups().contains(key_group_of(hash))) {
      State skipped = make();
      decode_restored(in, skipped, from, converted);
      continue;
    }
    State& state = table.find_or_create(key, hash, make);
    decode_restored(in, state, from, converted);
    taken(key, hash, state);
  }
  require_end_of_rows(in, from);
}

}  // namespace weir::detail
