#include "weir/testkit/dataflow_driver.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "weir/core/error.hpp"
#include "weir/dsl/job_run.hpp"
#include "weir/testkit/memory_storage.hpp"

namespace weir::testing {

struct dataflow_driver::state {
  state(const job& described, const driver_options& options)
      : description(described), disk(options.storage != nullptr ? *options.storage : own_disk) {
    const run_options run{
        .slots = options.slots, .batch_records = options.batch_records, .channel_capacity = options.channel_capacity};
    detail::check_options(description.name(), run);
    execution.emplace(description.description(), detail::options_of(run), time, disk);
  }

  /// Ends the run when all subtasks are done or one has failed; the failure is thrown.
  void end_if_over(bool all_done) {
    if (!all_done && !execution->failed()) return;
    ended = true;
    execution->finish();
    if (execution->failed()) throw error(execution->failure());
  }

  bool anything_polls() {
    return std::any_of(execution->subtasks().begin(), execution->subtasks().end(),
                       [](const auto& subtask) { return subtask.task->polls(); });
  }

  job description;  // keeps the graph that the execution refers to
  manual_clock time;
  memory_storage own_disk;
  weir::storage& disk;
  std::optional<detail::job_execution> execution;
  bool ended = false;
};

dataflow_driver::dataflow_driver(const job& job, const driver_options& options)
    : state_(std::make_unique<state>(job, options)) {}
dataflow_driver::~dataflow_driver() = default;
dataflow_driver::dataflow_driver(dataflow_driver&&) noexcept = default;
dataflow_driver& dataflow_driver::operator=(dataflow_driver&&) noexcept = default;

bool dataflow_driver::step() {
  if (state_->ended) return false;
  bool progress = false;
  bool all_done = true;
  auto& subtasks = state_->execution->subtasks();
  for (auto subtask = subtasks.rbegin(); subtask != subtasks.rend(); ++subtask) {
    const detail::step_status status = state_->execution->step(*subtask);
    if (state_->execution->failed()) break;
    all_done = all_done && status == detail::step_status::done;
    progress = progress || status == detail::step_status::progress;
  }
  state_->end_if_over(all_done);
  return progress;
}

void dataflow_driver::run_until_idle() {
  for (;;) {
    while (step()) {
    }
    if (state_->ended) return;
    // As in a slot: first to consumers that wait for input, then, as if the buffer timeout were over, to all.
    for (const detail::flush_reason reason : {detail::flush_reason::idle, detail::flush_reason::timeout}) {
      for (auto& subtask : state_->execution->subtasks()) {
        if (subtask.task->holds_output()) state_->execution->flush(subtask, reason);
      }
      state_->end_if_over(false);
    }
    if (!step()) return;
  }
}

job_report dataflow_driver::run() {
  for (;;) {
    run_until_idle();
    if (state_->ended) return report();
    if (!state_->anything_polls()) {
      throw error(fmt::format("job '{}' has stalled: no subtask can go on and no source waits for input",
                              state_->description.name()));
    }
    state_->time.advance(std::chrono::milliseconds{1});
  }
}

void dataflow_driver::stop() {
  if (state_->ended) return;
  state_->execution->request_stop();
  for (auto& subtask : state_->execution->subtasks()) subtask.task->stop();
}

bool dataflow_driver::done() const noexcept { return state_->ended; }
manual_clock& dataflow_driver::clock() noexcept { return state_->time; }
weir::storage& dataflow_driver::storage() noexcept { return state_->disk; }
detail::job_execution& dataflow_driver::execution() noexcept { return *state_->execution; }

job_report dataflow_driver::report() const {
  job_report report = detail::make_report(*state_->execution);
  report.duration = state_->time.monotonic();
  return report;
}

}  // namespace weir::testing
