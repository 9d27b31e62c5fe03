#pragma once
// Which state survives a change of a job's code: `plan --diff OLD [NEW]`.
#include <string>
#include <vector>

#include "weir/core/storage.hpp"
#include "weir/runtime/graph.hpp"

namespace weir::detail {

/// What the state of one operator is called and made of.
struct planned_state {
  std::string uid;
  std::vector<std::string> former_uids;
  std::string kind;
  std::string key_schema;
  std::string state_schema;
};

/// The operators of a job that have a uid, as JSON: what `plan --format json` prints and `--diff` reads.
std::string draw_json(const graph& job);

/// The states that a file of such JSON, a snapshot or a checkpoint directory names. Throws weir::error for anything else.
std::vector<planned_state> planned_states_at(storage& disk, const std::string& path);
std::vector<planned_state> planned_states_of(const graph& job);

struct plan_difference {
  std::string text;  ///< one line for each operator of either plan
  bool all_survive = true;
};

/// Compares two plans. `program` is that of the newer one, which knows what its types can be made of, or null.
plan_difference compare_plans(const std::vector<planned_state>& older, const std::vector<planned_state>& newer,
                              const graph* program);

}  // namespace weir::detail
