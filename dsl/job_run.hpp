#pragma once
// Running a job with the real clock, threads and disk; shared by `job` and the command line.
#include <functional>
#include <string>

#include "weir/dsl/job.hpp"
#include "weir/runtime/job_execution.hpp"

namespace weir::detail {

/// Slots that the options ask for: 0 means one per usable core, but no more than there are key groups.
std::size_t slots_of(const run_options& options);
execution_options options_of(const run_options& options);
/// Throws weir::error for options that make no sense.
void check_options(const std::string& job, const run_options& options);
job_report make_report(const job_execution& execution);

/// Runs to the end; `watch` is called about every 50 ms. Throws weir::error if the job fails.
job_report run_to_end(const graph& graph, const run_options& options,
                      const std::function<void(job_execution&)>& watch);

}  // namespace weir::detail
