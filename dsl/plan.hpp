#pragma once
// Draws a job before it runs.
#include <string>

#include "weir/dsl/job.hpp"

namespace weir::detail {

std::string draw_plan(const graph& graph, plan_format format, std::size_t slots, const run_options& options);

}  // namespace weir::detail
