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
    run = {.slots = options.slots, .batch_records = options.batch_records, .channel_capacity = options.channel_capacity};
    run.state = options.state;
    run.memory = options.memory;
    detail::check_options(description.name(), run);
    memory = detail::share_out_memory(description.description(), options.slots, run);
    if (options.snapshots) {
      run.checkpoints.directory =
          options.state.directory.empty() ? "snapshots-of-the-driver" : options.state.directory + "/snapshots";
      run.restore = "latest";
    }
    recovery.emplace(description.description(), run, time, disk);
    begin();
  }

  void begin() {
    detail::execution_options with = detail::options_of(run);
    with.restores_event_time = false;
    with.memory = memory;
    attempt = recovery->next_attempt(std::move(with));
    execution = &attempt->execution();
  }

  /// Ends the run when all subtasks are done or one has failed; the failure is thrown.
  void end_if_over(bool all_done) {
    if (!all_done && !execution->failed()) return;
    ended = true;
    attempt->finish();
    if (execution->failed()) throw error(execution->failure());
  }

  bool anything_polls() {
    return std::any_of(execution->subtasks().begin(), execution->subtasks().end(), [](const auto& subtask) {
      return subtask.task->polls() || subtask.task->next_timer() != processing_clock::time_point::max();
    });
  }

  job description;  // keeps the graph that the execution refers to
  manual_clock time;
  memory_storage own_disk;
  weir::storage& disk;
  run_options run;
  detail::memory_shares memory;
  std::optional<detail::job_recovery> recovery;
  std::unique_ptr<detail::job_attempt> attempt;
  detail::job_execution* execution = nullptr;  // of the attempt
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
    subtask->context.metrics->step_begun_ns.set(static_cast<std::uint64_t>(state_->time.monotonic().count()));
    const detail::step_status status = state_->execution->step(*subtask);
    subtask->context.metrics->step_begun_ns.set(0);
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
  state_->attempt->request_stop();
  for (auto& subtask : state_->execution->subtasks()) subtask.task->stop();
}

void dataflow_driver::snapshot_restore(std::size_t slots) {
  detail::checkpoint_coordinator* const coordinator = state_->attempt->coordinator();
  if (coordinator == nullptr || state_->ended) {
    throw error("snapshot_restore() needs a driver that was made with .snapshots = true and has not ended");
  }
  run_until_idle();
  coordinator->begin_now();
  while (coordinator->is_busy() && !state_->ended) {
    run_until_idle();
    while (coordinator->has_work()) coordinator->step();
  }
  if (coordinator->figures().failed > 0) throw error(coordinator->notes().back());
  state_->attempt.reset();
  if (slots != 0) state_->run.slots = slots;
  state_->begin();
}

void dataflow_driver::keep_state_in(state_backend backend) noexcept { state_->run.state.backend = backend; }

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
