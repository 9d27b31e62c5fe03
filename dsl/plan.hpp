#pragma once
// Draws a job before it runs.
#include <string>

#include "weir/dsl/job.hpp"

namespace weir::detail {

std::string draw_plan(const graph& graph, plan_format format, std::size_t slots, const run_options& options);

/// How many batches of how many records the channels of an edge hold, by the options.
channel_config shape_of(const run_options& options, std::size_t producer_slot, std::size_t consumer_slot,
                        std::size_t record_bytes);

}  // namespace weir::detail
