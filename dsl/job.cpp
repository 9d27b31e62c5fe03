#include "weir/dsl/job.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <thread>
#include <utility>

#include "weir/core/error.hpp"
#include "weir/core/key_group.hpp"
#include "weir/dsl/job_run.hpp"
#include "weir/dsl/plan.hpp"
#include "weir/dsl/state_growth.hpp"
#include "weir/runtime/memory_shares.hpp"
#include "weir/runtime/posix_storage.hpp"
#include "weir/runtime/system_clock.hpp"
#include "weir/runtime/thread_executor.hpp"
#include "weir/state/row_store.hpp"
#include "weir/state/snapshot_block.hpp"

namespace weir {
namespace detail {
namespace {

void add_subtask(stage_report& into, const stage_metrics& from) {
  into.batches_in += from.batches_in.get();
  into.batches_out += from.batches_out.get();
  into.bytes_in += from.bytes_in.get();
  into.bytes_out += from.bytes_out.get();
  into.spilled_batches += from.spilled_batches.get();
  into.spilled_bytes += from.spilled_bytes.get();
  into.busy += std::chrono::nanoseconds{from.busy_ns.get()};
  into.idle += std::chrono::nanoseconds{from.idle_ns.get()};
  into.backpressured += std::chrono::nanoseconds{from.backpressured_ns.get()};
  into.checkpoint_pause_max =
      std::max(into.checkpoint_pause_max, std::chrono::nanoseconds{from.checkpoint_pause_ns.get()});
  into.watermark_ms = std::min(into.watermark_ms, from.watermark.load(std::memory_order_relaxed));
  for (std::size_t index = 0; index < into.operators.size(); ++index) {
    operator_report& operation = into.operators[index];
    const operator_metrics& metrics = from.operators[index];
    operation.records_in += metrics.records_in.get();
    operation.records_out += metrics.records_out.get();
    operation.late_records += metrics.late_records.get();
    operation.malformed_records += metrics.malformed_records.get();
    operation.failed_refreshes += metrics.failed_refreshes.get();
    operation.event_timers += metrics.event_timers.get();
    operation.processing_timers += metrics.processing_timers.get();
    operation.spilled_bytes += metrics.spilled_bytes.get();
    operation.open_entries += metrics.open_entries.get();
    operation.state_bytes += bytes_of_state(metrics);
  }
}

/// "1 late record was", "8 late records were".
std::string amount_of(std::uint64_t count, const char* what) {
  return fmt::format("{} {}{}", count, what, count == 1 ? " was" : "s were");
}

void add_notes(job_report& report) {
  for (const stage_report& stage : report.stages) {
    for (const operator_report& operation : stage.operators) {
      const std::string name = fmt::format("{} '{}'", operation.kind, operation.uid);
      if (operation.late_records > 0) {
        report.notes.push_back(fmt::format("{}: {} counted in no window", name,
                                           amount_of(operation.late_records, "late record")));
      }
      if (operation.malformed_records > 0) {
        report.notes.push_back(fmt::format("{}: {} not read", name,
                                           amount_of(operation.malformed_records, "malformed record")));
      }
      if (operation.open_entries > 0) {
        report.notes.push_back(fmt::format("{}: {} open entries of state were discarded without a result", name,
                                           operation.open_entries));
      }
    }
  }
}

}  // namespace

job_report make_report(const job_execution& execution) {
  job_report report;
  report.name = execution.description().name;
  report.stopped = execution.stopped();
  const auto& stages = execution.description().stages;
  std::vector<event_time_report> event_times = execution.explain_watermarks();
  for (std::size_t index = 0; index < stages.size(); ++index) {
    stage_report& stage = report.stages.emplace_back();
    stage.event_time = std::move(event_times[index]);
    stage.name = describe_operators(*stages[index]);
    stage.parallelism = execution.metrics()[index].size();
    stage.watermark_ms = epoch_ms(max_timestamp);
    for (const operator_info& operation : stages[index]->operators) {
      stage.operators.push_back({.kind = operation.kind, .uid = operation.uid});
    }
    for (const stage_metrics& subtask : execution.metrics()[index]) add_subtask(stage, subtask);
  }
  report.notes = execution.notes();
  add_notes(report);
  return report;
}

std::size_t slots_of(const run_options& options) {
  if (options.slots != 0) return options.slots;
  return std::min<std::size_t>(usable_cores(), key_group_count::value_default);
}

execution_options options_of(const run_options& options) {
  execution_options result;
  result.slots = slots_of(options);
  result.source_batch_records = options.batch_records;
  result.pre_aggregate = options.pre_aggregation;
  result.shape = [options](std::size_t producer_slot, std::size_t consumer_slot, std::size_t record_bytes) {
    return shape_of(options, producer_slot, consumer_slot, record_bytes);
  };
  return result;
}

void check_options(const std::string& job, const run_options& options) {
  const auto check = [&](const char* option, std::size_t value, std::size_t most, const char* remedy) {
    if (value >= 1 && value <= most) return;
    throw error(fmt::format("job '{}': {} is {} and must be from 1 to {}; {}", job, option, value, most, remedy));
  };
  check("batch_records", options.batch_records, std::size_t{1} << 30, "512 suits most jobs");
  check("channel_capacity", options.channel_capacity, std::size_t{1} << 20, "8 suits most jobs");
  if (options.buffer_timeout < std::chrono::microseconds{0} || options.buffer_timeout > std::chrono::hours{1}) {
    throw error(fmt::format("job '{}': buffer_timeout must be from 0 to 1 hour; 10 ms suits most jobs", job));
  }
  if (options.state.backend == state_backend::rocksdb && linked_rocksdb() == nullptr) {
    throw error(fmt::format("job '{}': its state is to be kept in rocksdb, but this program was built without it; add "
                            "//state:rocksdb to the deps of its target", job));
  }
  if (options.slots > 1024) {
    throw error(fmt::format("job '{}': {} slots are more than the 1024 that weir allows; use about one per core", job,
                            options.slots));
  }
}

threaded_run::threaded_run(const graph& graph, const run_options& options, clock& clock, storage& storage)
    : graph_(graph),
      options_(options),
      memory_(share_out_memory(graph, slots_of(options), options_)),
      clock_(clock),
      begun_(clock.monotonic()),
      recovery_(graph, options_, clock, storage),
      restarts_(options.restart) {
  if (options_.strict) refuse_growing_states(graph);
  begin_attempt(false);
}

void threaded_run::begin_attempt(bool avoid_newest) {
  execution_options with = options_of(options_);
  with.memory = memory_;
  std::unique_ptr<job_attempt> next = recovery_.next_attempt(std::move(with), avoid_newest);
  const std::lock_guard lock(mutex_);
  attempt_ = std::move(next);
  restarting_ = false;
  if (stop_requested_) attempt_->request_stop(*stop_requested_);
  if (!cancelled_.empty()) attempt_->execution().fail(cancelled_);
}

void threaded_run::run(const std::function<void(threaded_run&)>& watch) {
  try {
    attempt_until_done(watch);
  } catch (const std::exception& cause) {
    const std::lock_guard lock(mutex_);
    failure_ = cause.what();
  }
  recovery_.release();
  const std::lock_guard lock(mutex_);
  duration_ = clock_.monotonic() - begun_;
}

void threaded_run::attempt_until_done(const std::function<void(threaded_run&)>& watch) {
  thread_executor executor(clock_, options_.buffer_timeout, [&] {
    if (watch) watch(*this);
  });
  for (;;) {
    executor.run(*attempt_);
    attempt_->finish();
    if (!attempt_->execution().failed() || !recovery_.can_go_on() || attempt_->is_final()) return;
    if (!restart(watch)) return;
  }
}

/// Follows a failed attempt with the next, which may fail to begin as well (a disk that does not answer, a sink that
/// cannot be opened): then the strategy is asked again. False if the job ends. Throws weir::error when it gives up.
bool threaded_run::restart(const std::function<void(threaded_run&)>& watch) {
  bool damaged = attempt_->found_damage();
  std::string cause = attempt_->execution().failure();
  for (bool begun_badly = false;; begun_badly = true) {
    std::chrono::milliseconds delay{0};
    if (!damaged) {
      const auto allowed = restarts_.next_delay(clock_.monotonic());
      if (!allowed && begun_badly) throw error(cause);
      if (!allowed) return false;
      delay = *allowed;
    }
    {
      const std::lock_guard lock(mutex_);
      if (stop_requested_ || !cancelled_.empty()) return false;
      restarting_ = true;
      restart_notes_.push_back("restarted from the last complete checkpoint after: " + cause);
    }
    if (!wait(delay, watch)) return false;
    try {
      begin_attempt(std::exchange(damaged, false));
      return true;
    } catch (const snapshot_damaged&) {  // nothing is left to go on from
      throw;
    } catch (const error& failure) {
      cause = failure.what();
    }
  }
}

/// False if a stop or cancellation came.
bool threaded_run::wait(std::chrono::milliseconds delay, const std::function<void(threaded_run&)>& watch) {
  const auto until = clock_.monotonic() + delay;
  for (;;) {
    const auto left = until - clock_.monotonic();
    if (left <= std::chrono::nanoseconds{0}) return true;
    pause_.wait(std::min<std::chrono::nanoseconds>(left, std::chrono::milliseconds{50}), [] { return false; });
    if (watch) watch(*this);
    const std::lock_guard lock(mutex_);
    if (stop_requested_ || !cancelled_.empty()) return false;
  }
}

void threaded_run::request_stop(stop_mode how) noexcept {
  const std::lock_guard lock(mutex_);
  if (stop_requested_) return;
  stop_requested_ = how;
  attempt_->request_stop(how);
}

void threaded_run::request_savepoint(savepoint_request request) {
  const std::lock_guard lock(mutex_);
  attempt_->request_savepoint(std::move(request));
}

std::string threaded_run::state() const {
  const std::lock_guard lock(mutex_);
  const job_execution& execution = attempt_->execution();
  if (duration_) {
    if (!failure_.empty() || execution.failed()) return "failed";
    return execution.stopped() ? "stopped" : "finished";
  }
  if (stop_requested_ || !cancelled_.empty()) return "stopping";
  return restarting_ ? "restarting" : "running";
}

void threaded_run::cancel(const std::string& why) noexcept {
  const std::lock_guard lock(mutex_);
  cancelled_ = why;
  attempt_->execution().fail(why);
}

bool threaded_run::failed() const {
  const std::lock_guard lock(mutex_);
  return !failure_.empty() || attempt_->execution().failed();
}

std::string threaded_run::failure() const {
  const std::lock_guard lock(mutex_);
  return failure_.empty() ? attempt_->execution().failure() : failure_;
}

job_report threaded_run::report() const {
  const std::lock_guard lock(mutex_);
  job_report report = make_report(attempt_->execution());
  report.memory_budget = memory_.budget;
  report.in_flight_bytes_max = memory_.in_flight;
  report.duration = duration_ ? *duration_ : clock_.monotonic() - begun_;
  for (const auto& notes : {recovery_.notes(), restart_notes_}) {
    report.notes.insert(report.notes.end(), notes.begin(), notes.end());
  }
  if (attempt_->coordinator() != nullptr) {
    const checkpoint_figures figures = attempt_->coordinator()->figures();
    report.checkpoints_completed = figures.completed;
    report.checkpoints_failed = figures.failed;
    report.last_checkpoint = figures.last_completed;
    report.last_checkpoint_bytes = figures.last_bytes;
    report.last_checkpoint_duration = figures.last_duration;
    for (std::string& note : attempt_->coordinator()->notes()) report.notes.push_back(std::move(note));
  }
  return report;
}

job_report run_to_end(const graph& graph, const run_options& options,
                      const std::function<void(threaded_run&)>& watch) {
  check_options(graph.name, options);
  system_clock clock;
  posix_storage storage;
  threaded_run running(graph, options, clock, storage);
  running.run(watch);
  if (running.failed()) throw error(running.failure());
  return running.report();
}

}  // namespace detail

const operator_report* job_report::find(std::string_view uid) const {
  for (const stage_report& stage : stages) {
    for (const operator_report& operation : stage.operators) {
      if (operation.uid == uid) return &operation;
    }
  }
  return nullptr;
}

std::shared_ptr<const detail::graph> job::make_description(std::string name, const pipeline& all) {
  return std::make_shared<const detail::graph>(detail::make_graph(std::move(name), all.sinks()));
}

const std::string& job::name() const noexcept { return graph_->name; }

std::string job::plan(plan_format format, const run_options& options) const {
  detail::check_options(name(), options);
  return detail::draw_plan(*graph_, format, detail::slots_of(options), options);
}

job_report job::run(const run_options& options) const { return detail::run_to_end(*graph_, options, {}); }

// ---- job_handle -------------------------------------------------------------------------------------------------------

struct job_handle::state {
  std::shared_ptr<const detail::graph> graph;
  detail::system_clock clock;
  posix_storage storage;
  std::unique_ptr<detail::threaded_run> run;
  std::atomic<bool> running{true};
  std::jthread thread;
};

job_handle::job_handle(std::unique_ptr<state> state) : state_(std::move(state)) {}
job_handle::job_handle(job_handle&&) noexcept = default;
job_handle& job_handle::operator=(job_handle&& other) noexcept {
  if (this != &other) {
    if (state_) stop();
    state_ = std::move(other.state_);
  }
  return *this;
}
job_handle::~job_handle() {
  if (state_) stop();
}

void job_handle::stop(stop_mode how) noexcept { state_->run->request_stop(how); }
savepoint_report job_handle::savepoint(const std::string& directory) {
  return detail::take_savepoint(*state_->run, directory, std::nullopt);
}
savepoint_report job_handle::stop_with_savepoint(const std::string& directory, stop_mode how) {
  return detail::take_savepoint(*state_->run, directory, how);
}
detail::job_control& job_handle::control() noexcept { return *state_->run; }
void job_handle::cancel() noexcept {
  state_->run->cancel(fmt::format("job '{}' was cancelled", state_->graph->name));
}
bool job_handle::running() const noexcept { return state_->running.load(std::memory_order_acquire); }
job_report job_handle::metrics() const { return state_->run->report(); }

job_report job_handle::wait() {
  if (state_->thread.joinable()) state_->thread.join();
  if (state_->run->failed()) throw error(state_->run->failure());
  return metrics();
}

job_handle job::start(const run_options& options) const {
  detail::check_options(name(), options);
  auto state = std::make_unique<job_handle::state>();
  state->graph = graph_;
  state->run = std::make_unique<detail::threaded_run>(*state->graph, options, state->clock, state->storage);
  state->thread = std::jthread([raw = state.get()] {
    raw->run->run({});
    raw->running.store(false, std::memory_order_release);
  });
  return job_handle(std::move(state));
}

}  // namespace weir
