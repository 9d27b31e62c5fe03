#pragma once
// Runs a job on the calling thread, for measurements that shall not contain the start of threads, or in several slots.
#include <chrono>
#include <cstdint>

#include "weir/dsl/job.hpp"
#include "weir/dsl/job_run.hpp"
#include "weir/runtime/posix_storage.hpp"
#include "weir/runtime/system_clock.hpp"

namespace weir::benchmarks {

/// Seconds from the first step to the last of a job in one slot; building and ending the run is not counted, nor is what
/// comes before `uncounted` records have reached its last stage, to within some batches.
inline double inline_run_seconds(const job& job, std::uint64_t uncounted = 0) {
  detail::system_clock clock;
  posix_storage storage;
  detail::job_execution execution(job.description(), detail::options_of({.slots = 1}), clock, storage);
  auto& subtasks = execution.subtasks();
  const auto& reached = execution.metrics().back().front().operators.front().records_in;
  auto begun = std::chrono::steady_clock::now();
  for (bool all_done = false, counts = uncounted == 0; !all_done;) {
    if (!counts && reached.get() >= uncounted) {
      counts = true;
      begun = std::chrono::steady_clock::now();
    }
    all_done = true;
    for (auto subtask = subtasks.rbegin(); subtask != subtasks.rend(); ++subtask) {
      const detail::step_status status = execution.step(*subtask);
      if (status == detail::step_status::idle) subtask->task->flush(detail::flush_reason::idle);
      all_done = all_done && status == detail::step_status::done;
    }
    if (execution.failed()) throw error(execution.failure());
  }
  const std::chrono::duration<double> spent = std::chrono::steady_clock::now() - begun;
  execution.finish();
  return spent.count();
}

/// Seconds that a job takes in `slots` slots; with several, starting the threads counts.
inline double run_seconds(const job& job, std::size_t slots) {
  if (slots == 1) return inline_run_seconds(job);
  return std::chrono::duration<double>(job.run({.slots = slots}).duration).count();
}

}  // namespace weir::benchmarks
