#include "weir/dsl/plan_difference.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "weir/core/error.hpp"
#include "weir/state/snapshot_reader.hpp"
#include "weir/state/snapshot_text.hpp"
#include "weir/state/state_conversion.hpp"

namespace weir::detail {
namespace {

using nlohmann::json;

std::string read_whole(storage& disk, const std::string& path) {
  constexpr std::uint64_t plan_bytes_max = 16 << 20;
  const std::uint64_t size = disk.stat(path).size;
  if (size > plan_bytes_max) throw error(path + " is too large for a plan");
  std::string text(size, '\0');
  text.resize(disk.open(path)->read_at(0, text));
  return text;
}

std::vector<planned_state> parse_plan(const std::string& text, const std::string& path) {
  std::vector<planned_state> states;
  try {
    const json plan = json::parse(text);
    for (const json& each : plan.at("operators")) {
      states.push_back({each.at("uid"), each.at("former_uids"), each.at("kind"), each.at("key"), each.at("state")});
    }
  } catch (const json::exception&) {
    throw error(path + " is neither a snapshot nor a plan; write one with plan --format json");
  }
  return states;
}

const operator_info* operator_of(const graph& job, std::string_view uid) {
  for (const auto& stage : job.stages) {
    for (const operator_info& operation : stage->operators) {
      if (operation.uid == uid) return &operation;
    }
  }
  return nullptr;
}

/// What stands in the way of reading the older state, or nothing.
std::string obstacle(const planned_state& older, const planned_state& newer, const graph* program) {
  if (older.key_schema != newer.key_schema) {
    return fmt::format("its key was {} and is {}", older.key_schema, newer.key_schema);
  }
  const operator_info* const known = program == nullptr ? nullptr : operator_of(*program, newer.uid);
  if (known == nullptr || known->table == nullptr) {
    return fmt::format("its state was {} and is {}{}", older.state_schema, newer.state_schema,
                       program == nullptr ? "; whether it can be read only the newer program can tell" : "");
  }
  try {
    if (known->table->row != nullptr) {
      state_conversion(older.state_schema, *known->table->row);
    } else if (known->table->state_type != nullptr) {
      state_conversion(older.state_schema, *known->table->state_type);
    }
  } catch (const error& why) {
    return why.what();
  }
  return {};
}

}  // namespace

std::vector<planned_state> planned_states_of(const graph& job) {
  std::vector<planned_state> states;
  for (const auto& stage : job.stages) {
    for (const operator_info& operation : stage->operators) {
      if (operation.uid.empty()) continue;
      planned_state& state = states.emplace_back();
      state.uid = operation.uid;
      state.former_uids = operation.former_uids;
      state.kind = operation.kind;
      if (operation.table == nullptr) continue;
      state.key_schema = operation.table->key;
      state.state_schema = operation.table->state;
    }
  }
  return states;
}

std::string draw_json(const graph& job) {
  json operators = json::array();
  for (const planned_state& each : planned_states_of(job)) {
    operators.push_back({{"uid", each.uid},
                         {"former_uids", each.former_uids},
                         {"kind", each.kind},
                         {"key", each.key_schema},
                         {"state", each.state_schema}});
  }
  return json{{"job", job.name}, {"operators", operators}}.dump(1) + "\n";
}

std::vector<planned_state> planned_states_at(storage& disk, const std::string& path) {
  if (disk.exists(path) && disk.stat(path).regular) return parse_plan(read_whole(disk, path), path);
  const snapshot_reader snapshot(disk, snapshot_directory_at(disk, path));
  std::vector<planned_state> states;
  for (const snapshot_operator& each : snapshot.manifest().operators) {
    states.push_back({each.uid, {}, each.kind, each.key_schema, each.state_schema});
  }
  return states;
}

plan_difference compare_plans(const std::vector<planned_state>& older, const std::vector<planned_state>& newer,
                              const graph* program) {
  plan_difference difference;
  std::vector<const planned_state*> taken;
  const auto find = [&](const planned_state& now) -> const planned_state* {
    std::vector<std::string> names{now.uid};
    names.insert(names.end(), now.former_uids.begin(), now.former_uids.end());
    for (const std::string& name : names) {
      const auto found = std::find_if(older.begin(), older.end(), [&](const planned_state& each) { return each.uid == name; });
      if (found != older.end()) return &*found;
    }
    return nullptr;
  };
  for (const planned_state& now : newer) {
    std::string line = fmt::format("{} '{}'", now.kind, now.uid);
    const planned_state* const before = find(now);
    if (before == nullptr) {
      line += ": new, begins without state";
    } else {
      taken.push_back(before);
      if (before->uid != now.uid) line += fmt::format(", formerly '{}'", before->uid);
      const bool same = before->key_schema == now.key_schema && before->state_schema == now.state_schema;
      const std::string why = same ? "" : obstacle(*before, now, program);
      if (!why.empty()) difference.all_survive = false;
      line += same ? ": survives" : why.empty() ? ": survives, converted" : ": does not survive: " + why;
    }
    difference.text += line + "\n";
  }
  for (const planned_state& before : older) {
    if (std::find(taken.begin(), taken.end(), &before) != taken.end()) continue;
    difference.all_survive = false;
    difference.text += fmt::format("{} '{}': does not survive: no operator has this uid\n", before.kind, before.uid);
  }
  return difference;
}

}  // namespace weir::detail
