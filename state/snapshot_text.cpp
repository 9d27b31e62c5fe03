#include "weir/state/snapshot_text.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <utility>
#include <vector>

#include "weir/core/codec.hpp"
#include "weir/core/error.hpp"
#include "weir/core/format_value.hpp"
#include "weir/core/key_group.hpp"
#include "weir/state/operator_state.hpp"
#include "weir/state/parsed_schema.hpp"
#include "weir/state/row_store.hpp"
#include "weir/state/shared_files.hpp"
#include "weir/state/snapshot_store.hpp"

namespace weir {
namespace {

/// A column of a row: its name and its value as JSON.
using json_columns = std::vector<std::pair<std::string, std::string>>;

/// How the rows of one operator are read.
class row_reader {
 public:
  explicit row_reader(const snapshot_operator& of) : key_(parse_type_schema(of.key_schema)) {
    windowed_ = of.kind == "aggregate";
    if (is_row_schema(of.state_schema)) {
      has_states_ = true;
      row_ = parse_row_schema(of.state_schema);
    } else {
      state_ = parse_type_schema(of.state_schema);
    }
  }

  void read(std::string_view name, std::string_view& in, json_columns& columns) const {
    columns.clear();
    append_json(key_, in, columns.emplace_back("key", "").second);
    if (windowed_) {
      columns.emplace_back("window_start", time_of(name));
      columns.emplace_back("window_end", time_of(name));
    }
    if (has_states_) {
      append_row_json(row_, in, columns);
    } else {
      append_json(state_, in, columns.emplace_back("state", "").second);
    }
  }

 private:
  static std::string time_of(std::string_view& name) {
    return '"' + format_timestamp(epoch_ms(decode<timestamp>(name))) + '"';
  }

  parsed_type key_;
  bool windowed_ = false;
  bool has_states_ = false;
  parsed_row row_;
  parsed_type state_;
};

std::string json_line(const json_columns& columns) {
  std::string line = "{";
  for (const auto& [name, value] : columns) {
    line += fmt::format("{}\"{}\": {}", line.size() > 1 ? ", " : "", name, value);
  }
  return line + "}\n";
}

/// A JSON value as a CSV cell: strings without their quotes, null as nothing.
std::string csv_cell(const std::string& json) {
  if (json == "null") return {};
  const bool is_plain_string = json.front() == '"' && json.find('\\') == json.npos;
  const std::string text = is_plain_string ? json.substr(1, json.size() - 2) : json;
  if (text.find_first_of(",\"\n\r") == text.npos) return text;
  std::string quoted = "\"";
  for (const char each : text) {
    quoted += each;
    if (each == '"') quoted += each;
  }
  return quoted + '"';
}

std::string csv_line(const json_columns& columns, bool header) {
  std::string line;
  for (const auto& [name, value] : columns) {
    if (!line.empty() || &name != &columns.front().first) line += ',';
    line += header ? name : csv_cell(value);
  }
  return line + "\n";
}

/// Hands over key and state of each row of a part that names a database's files.
void each_stored_row(snapshot_reader& snapshot, const block_place& part, std::uint32_t parallelism,
                     const std::function<void(std::string_view)>& take) {
  if (detail::linked_rocksdb() == nullptr) {
    throw error(fmt::format("{} was taken with rocksdb, but this program was built without it; add //state:rocksdb to "
                            "the deps of its target", snapshot.directory()));
  }
  const auto scratch = std::filesystem::temp_directory_path() / fmt::format("weir-inspect-{}", ::getpid());
  const auto stores = detail::linked_rocksdb()({.options = {}, .working_directory = scratch.string(),
                                                .checkpoint_directory = {}});
  std::string row;
  stores->scan_part(snapshot.read(part).bytes, snapshot.directory(), groups_of_subtask(part.subtask, parallelism),
                    [&](std::string_view key, std::string_view state) {
                      row.assign(key.substr(detail::row_group_bytes)).append(state);
                      take(row);
                    });
}

/// The tables of a database that parts of an operator name, and their bytes.
std::pair<std::size_t, std::uint64_t> tables_of(const snapshot_reader& snapshot, std::uint32_t operator_index) {
  std::size_t tables = 0;
  std::uint64_t bytes = 0;
  snapshot_reader reader = snapshot.clone();
  for (const block_place& place : snapshot.manifest().blocks) {
    if (place.operator_index != operator_index || place.kind != block_kind::part || place.name != detail::files_name) {
      continue;
    }
    const auto files = detail::read_row_store_files(reader.read(place).bytes, snapshot.directory());
    for (const detail::shared_file& each : files.tables) {
      ++tables;
      bytes += each.bytes;
    }
  }
  return {tables, bytes};
}

/// The schema of the operator state that an operator has; none if it has none.
parsed_row operator_states_of(const snapshot_operator& of) {
  return of.state_schema.find(": operator_") == std::string::npos ? parsed_row{} : parse_row_schema(of.state_schema);
}

/// Calls `visit(subtask, state, element)` for each element of operator state, with the bytes of the element.
template <class Visit>
void each_operator_state(snapshot_reader& snapshot, std::uint32_t operator_index, const parsed_row& states, Visit&& visit) {
  if (states.operator_states.empty()) return;
  for (const block_place& place : snapshot.manifest().blocks) {
    if (place.operator_index != operator_index || place.kind != block_kind::part ||
        place.name != detail::operator_state_name) {
      continue;
    }
    const snapshot_block part = snapshot.read(place);
    std::string_view in = part.bytes;
    detail::visit_operator_states(states, in, [&](const parsed_state& state, std::string_view element) {
      visit(place.subtask, state, element);
    });
  }
}

/// "'a', 'b'": the operators for which `is_wanted` holds.
template <class IsWanted>
std::string names_of(const std::vector<snapshot_operator>& operators, IsWanted&& is_wanted) {
  std::string names;
  for (const snapshot_operator& each : operators) {
    if (is_wanted(each)) names += fmt::format("{}'{}'", names.empty() ? "" : ", ", each.uid);
  }
  return names;
}

bool has_operator_states(const snapshot_operator& of) { return !operator_states_of(of).operator_states.empty(); }

}  // namespace

std::string snapshot_directory_at(storage& disk, const std::string& path) {
  if (disk.exists(detail::path_in(path, detail::manifest_name))) return path;
  const std::vector<std::uint64_t> complete = complete_snapshots(disk, path);
  if (complete.empty()) {
    throw error(path + " holds no complete snapshot; give the directory of a savepoint or checkpoint, or one of checkpoints");
  }
  return snapshot_directory(path, complete.front());
}

std::string describe_snapshot(const snapshot_reader& snapshot) {
  const snapshot_manifest& manifest = snapshot.manifest();
  std::string text = fmt::format("{}: {} {} of job '{}', {}, {} bytes, {} key groups, weir {}\n", snapshot.directory(),
                                 manifest.savepoint ? "savepoint" : "checkpoint", manifest.id, manifest.job,
                                 format_timestamp(manifest.created_ms), manifest.data_bytes, manifest.key_groups,
                                 manifest.weir_version);
  for (std::uint32_t index = 0; index < manifest.operators.size(); ++index) {
    const snapshot_operator& of = manifest.operators[index];
    std::uint64_t rows = 0;
    std::uint64_t bytes = 0;
    for (const block_place& place : manifest.blocks) {
      if (place.operator_index != index) continue;
      rows += place.rows;
      bytes += place.bytes;
    }
    text += fmt::format("{} '{}', parallelism {}: {} rows, {} bytes", of.kind, of.uid, of.parallelism, rows, bytes);
    const auto [tables, table_bytes] = tables_of(snapshot, index);
    if (tables > 0) text += fmt::format(", and {} tables of rocksdb, {} bytes", tables, table_bytes);
    if (const parsed_row states = operator_states_of(of); !states.operator_states.empty()) {
      std::uint64_t elements = 0;
      snapshot_reader reader = snapshot.clone();
      each_operator_state(reader, index, states, [&](auto&&...) { ++elements; });
      text += fmt::format(", {} elements of operator state", elements);
    }
    text += '\n';
    if (!of.key_schema.empty()) text += fmt::format("  key    {}\n", of.key_schema);
    if (!of.state_schema.empty()) text += fmt::format("  state  {}\n", of.state_schema);
  }
  return text;
}

void write_state(snapshot_reader& snapshot, std::string_view uid, state_format format,
                 const std::function<void(std::string_view)>& write) {
  const auto& operators = snapshot.manifest().operators;
  const auto of = std::find_if(operators.begin(), operators.end(), [&](const auto& each) { return each.uid == uid; });
  if (of == operators.end() || of->key_schema.empty()) {
    const std::string known = names_of(operators, [](const auto& each) { return !each.key_schema.empty(); });
    throw error(fmt::format("{} holds no keyed state of '{}'; there is {}{}", snapshot.directory(), uid,
                            known.empty() ? "none at all" : "that of " + known,
                            of != operators.end() && has_operator_states(*of) ? "; its lists are shown by --operator-state"
                                                                              : ""));
  }
  const row_reader rows(*of);
  json_columns columns;
  snapshot_block block{};
  bool header = format == state_format::csv;
  const auto write_row = [&](std::string_view table, std::string_view& in) {
    rows.read(table, in, columns);
    if (std::exchange(header, false)) write(csv_line(columns, true));
    write(format == state_format::csv ? csv_line(columns, false) : json_line(columns));
  };
  for (const block_place& place : snapshot.manifest().blocks) {
    if (place.operator_index != static_cast<std::size_t>(of - operators.begin())) continue;
    if (place.kind == block_kind::part && place.name == detail::files_name) {
      each_stored_row(snapshot, place, of->parallelism, [&](std::string_view row) { write_row({}, row); });
    }
    if (place.kind != block_kind::rows) continue;
    snapshot.read_into(place, block);
    std::string_view in = block.bytes;
    for (std::uint32_t row = 0; row < block.rows; ++row) write_row(block.name, in);
  }
}

void write_operator_state(snapshot_reader& snapshot, std::string_view uid, state_format format,
                          const std::function<void(std::string_view)>& write) {
  const auto& operators = snapshot.manifest().operators;
  const auto of = std::find_if(operators.begin(), operators.end(), [&](const auto& each) { return each.uid == uid; });
  if (of == operators.end() || !has_operator_states(*of)) {
    const std::string known = names_of(operators, has_operator_states);
    throw error(fmt::format("{} holds no operator state of '{}'; there is {}", snapshot.directory(), uid,
                            known.empty() ? "none at all" : "that of " + known));
  }
  const bool csv = format == state_format::csv;
  json_columns columns{{"subtask", ""}, {"state", ""}, {"element", ""}};
  if (csv) write(csv_line(columns, true));
  each_operator_state(snapshot, static_cast<std::uint32_t>(of - operators.begin()), operator_states_of(*of),
                      [&](std::uint32_t subtask, const parsed_state& state, std::string_view element) {
                        columns[0].second = std::to_string(subtask);
                        columns[1].second = '"' + state.name + '"';
                        columns[2].second.clear();
                        append_json(state.types.front(), element, columns[2].second);
                        write(csv ? csv_line(columns, false) : json_line(columns));
                      });
}

}  // namespace weir
