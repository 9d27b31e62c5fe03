#pragma once
// What is in a snapshot, as text, told by the snapshot alone: no type of the program that wrote it is needed.
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "weir/core/storage.hpp"
#include "weir/state/snapshot_reader.hpp"

namespace weir {

enum class state_format : std::uint8_t { json, csv };

/// The snapshot that a path means: its own directory, or a checkpoint directory, whose newest complete one it is. Throws
/// weir::error where there is none.
std::string snapshot_directory_at(storage& disk, const std::string& path);

/// Job, id, time and size, then for each operator its uid, rows, elements of operator state, bytes and schemas.
std::string describe_snapshot(const snapshot_reader& snapshot);

/// Hands the rows of the operator `uid` to `write`, line by line: as JSON objects with the members "key", "window" behind
/// windows, and a member per state (or "state"); or as CSV with these columns, in which nested values are JSON. Throws
/// weir::error for an operator without rows.
void write_state(snapshot_reader& snapshot, std::string_view uid, state_format format,
                 const std::function<void(std::string_view)>& write);

/// The same for the operator state of a process function: a line for each element of its lists, with "subtask", "state" (the
/// list's name) and "element". Throws weir::error for an operator without such state.
void write_operator_state(snapshot_reader& snapshot, std::string_view uid, state_format format,
                          const std::function<void(std::string_view)>& write);

}  // namespace weir
