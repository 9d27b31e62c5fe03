#include "weir/runtime/endless_input.hpp"

#include <fmt/format.h>

#include <map>

#include "weir/core/error.hpp"

namespace weir::detail {
namespace {

/// The endless source that each stage reads, if any; null where it reads none.
std::map<const stage*, const operator_info*> endless_sources(const graph& graph) {
  std::map<const stage*, const operator_info*> found;
  for (const auto& stage : graph.stages) {  // each comes after those that feed it
    const operator_info*& source = found[stage.get()];
    for (const operator_info& operation : stage->operators) {
      if (operation.endless) source = &operation;
    }
    for (const edge& input : stage->inputs) {
      if (const operator_info* const above = found[input.from.get()]) source = above;
    }
  }
  return found;
}

}  // namespace

void require_results_of_endless_input(const graph& graph, const checkpoint_options& options) {
  const bool checkpoints = !options.directory.empty();
  const bool exactly_once = options.guarantee == delivery_guarantee::exactly_once;
  if (!checkpoints && !exactly_once) return;
  const auto sources = endless_sources(graph);
  for (const auto& stage : graph.stages) {
    const operator_info* const source = sources.at(stage.get());
    if (source == nullptr) continue;
    for (const operator_info& operation : stage->operators) {
      if (operation.shows_at_end) {
        throw error(fmt::format("job '{}': sink '{}' ({}) shows its result when all input is read, and source '{}' ({}) has "
                                "no end; write to a directory, such as csv(directory(\"results\"))", graph.name,
                                operation.uid, operation.detail, source->uid, source->detail));
      }
      if (operation.commits && !checkpoints) {
        throw error(fmt::format("job '{}': sink '{}' ({}) shows each record exactly once, with a checkpoint, and source '{}' "
                                "({}) has no end; add --checkpoint-dir DIRECTORY and --checkpoint-interval MS, or accept "
                                "duplicates after a failure with --guarantee at_least_once", graph.name, operation.uid,
                                operation.detail, source->uid, source->detail));
      }
    }
  }
}

}  // namespace weir::detail
