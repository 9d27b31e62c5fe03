#pragma once
// Finds keyed state that can only grow: a row for every key, and neither windows, time to live nor a declared bound.
#include <string>
#include <vector>

#include "weir/runtime/graph.hpp"

namespace weir::detail {

/// One sentence for each such state.
std::vector<std::string> growing_states(const graph& job);

/// Throws weir::error where there is any.
void refuse_growing_states(const graph& job);

}  // namespace weir::detail
