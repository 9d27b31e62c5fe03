#pragma once
// What a job whose input has no end cannot do: wait for its end, or for a last checkpoint where none are taken.
#include "weir/runtime/graph.hpp"
#include "weir/runtime/run_options.hpp"

namespace weir::detail {

/// Throws weir::error for a sink that an endless source reaches, if it shows its result when all input is read (unless the
/// job takes no checkpoints and no guarantee of exactly once is asked for: then a stop leaves what there is), or if it
/// commits in two phases, each record is to count exactly once, and no checkpoints are taken.
void require_results_of_endless_input(const graph& graph, const checkpoint_options& options);

}  // namespace weir::detail
