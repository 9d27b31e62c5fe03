#include "weir/testkit/simulator.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>

#include "weir/core/error.hpp"
#include "weir/core/hash.hpp"
#include "weir/dsl/job_run.hpp"
#include "weir/state/snapshot_store.hpp"
#include "weir/testkit/commit_faults.hpp"
#include "weir/testkit/fault_point.hpp"
#include "weir/testkit/manual_clock.hpp"
#include "weir/testkit/memory_storage.hpp"
#include "weir/testkit/mortal_storage.hpp"
#include "weir/testkit/planned_faults.hpp"
#include "weir/testkit/random_numbers.hpp"

namespace weir::testing {
namespace {

using detail::flush_reason;
using detail::running_subtask;
using detail::step_status;

class simulation {
 public:
  simulation(const job& described, const simulation_options& options)
      : job_(described),
        options_(options),
        random_(options.seed),
        faults_(options, random_, events_),
        disk_(options.storage != nullptr ? *options.storage : own_disk_),
        slots_(std::max<std::size_t>(options.slots, 1)) {
    run_.state = options_.state;
    if (!planned_faults::wanted_by(options_)) return;
    memory_disk_ = dynamic_cast<memory_storage*>(&disk_);
    if (memory_disk_ == nullptr) give_up("cannot begin: faults need a memory_storage; leave out .storage or give one");
    visible_at_first_ = visible_files();
    run_.checkpoints.directory = simulated_checkpoints;
    run_.checkpoints.interval = std::chrono::milliseconds{1 + random_.below(20)};
    run_.restore = "latest";
  }

  simulation_report run() {
    for (;;) {
      switch (run_process()) {
        case outcome::ended:
          return report();
        case outcome::died:
          crash();
          break;
        case outcome::failed:
          end_process();
          break;
      }
    }
  }

 private:
  enum class outcome : std::uint8_t { ended, died, failed };

  struct scheduled {
    running_subtask* subtask;
    std::uint64_t reluctance;  ///< goes on only one time in so many
    bool done = false;
  };

  // ---- processes and attempts ---------------------------------------------------------------------------------------

  outcome run_process() {
    process_.emplace(disk_);
    faults_.begin_process(*process_);
    bool avoid_newest = false;
    for (bool any_begun = false;;) {
      outcome how = begin_attempt(avoid_newest);
      const bool begun = how == outcome::ended;
      if (begun) how = run_attempt();
      if (how != outcome::failed) return how;
      ++events_.failed_attempts;
      any_begun = any_begun || begun;
      if (!any_begun) return how;
      if (!begun) ++events_.failed_restarts;
      avoid_newest = begun && attempt_->found_damage();
      // Somebody restarts the program, or its restart strategy the job.
      if (!avoid_newest && random_.one_in(3)) return how;
      forget_attempt();
    }
  }

  /// `ended`: it has begun.
  outcome begin_attempt(bool avoid_newest) {
    execution_ = nullptr;
    damage_newest();
    faults_.begin_attempt(*process_);
    const std::uint64_t newest = newest_snapshot();
    try {
      if (!recovery_) recovery_.emplace(job_.description(), run_, clock_, *process_);
      // The last attempt is still there, as it is with threads.
      std::unique_ptr<detail::job_attempt> next = recovery_->next_attempt(draw_options(), avoid_newest);
      attempt_ = std::move(next);
    } catch (const std::exception& cause) {
      if (process_->dead()) return outcome::died;
      if (!says_on_purpose(cause.what())) give_up(fmt::format("could not begin: {}", cause.what()));
      return outcome::failed;
    }
    execution_ = &attempt_->execution();
    if (!recovery_->notes().empty() && faults_.damaged().empty()) give_up("says: " + recovery_->notes().front());
    if (attempt_->restored() != nullptr) {
      ++events_.restores;
      if (slots_ != slots_before_ && slots_before_ != 0) ++events_.rescales;
      if (attempt_->restored()->manifest().id < newest) ++events_.skipped_snapshots;
    }
    slots_before_ = slots_;
    if (attempt_->coordinator() != nullptr) commit_faults_.emplace(*attempt_, disk_, events_);
    for (running_subtask& subtask : execution_->subtasks()) {
      subtasks_.push_back({&subtask, draw_reluctance()});
      channels_.insert(channels_.end(), subtask.writes.begin(), subtask.writes.end());
    }
    held_until_.assign(channels_.size(), 0);
    remaining_ = subtasks_.size();
    fruitless_ = 0;
    return outcome::ended;
  }

  outcome run_attempt() {
    while (remaining_ > 0 && !execution_->failed()) {
      decide();
      if (process_->dead()) return outcome::died;
    }
    attempt_->finish();
    if (process_->dead()) return outcome::died;
    count_checkpoints();
    if (!execution_->failed()) return outcome::ended;
    const bool expected = says_on_purpose(execution_->failure()) || (attempt_->found_damage() && !faults_.damaged().empty());
    if (!expected) give_up("failed: " + execution_->failure());
    return outcome::failed;
  }

  simulation_report report() {
    count_calls();
    simulation_report report{detail::make_report(*execution_), events_, trace_hash_};
    report.duration = clock_.monotonic();
    for (const stage_report& stage : report.stages) report.events.spilled_batches += stage.spilled_batches;
    return report;
  }

  void crash() {
    const bool within_call = !faults_.crashes_at(events_.decisions);
    ++events_.crashes;
    if (within_call) ++events_.crashes_in_storage;
    if (execution_ != nullptr) {
      count_checkpoints();
      if (attempt_->coordinator() != nullptr && attempt_->coordinator()->is_busy()) ++events_.crashes_in_checkpoint;
    }
    note(simulation_step::action::crash, events_.decisions, within_call ? 1 : 0);
    process_->die();
    // Nothing that destructors do reaches the disk any more.
    forget_process();
    memory_disk_->crash(random_.below(1'000'000'007));
  }

  void end_process() {
    ++events_.failed_processes;
    forget_process();
  }

  void forget_process() {
    forget_attempt();
    attempt_.reset();
    execution_ = nullptr;
    recovery_.reset();
    count_calls();
    if (options_.slots_after_crash_max > 0) slots_ = 1 + random_.below(options_.slots_after_crash_max);
    if (options_.downtime_max.count() > 0) {
      const auto most = static_cast<std::uint64_t>(options_.downtime_max.count());
      advance_clock(std::chrono::milliseconds{random_.below(most + 1)});
    }
  }

  void forget_attempt() {
    commit_faults_.reset();
    subtasks_.clear();
    channels_.clear();
    held_.clear();
  }

  void count_checkpoints() {
    if (attempt_->coordinator() == nullptr) return;
    events_.checkpoints += attempt_->coordinator()->figures().completed;
    events_.failed_checkpoints += attempt_->coordinator()->figures().failed;
  }

  void count_calls() {
    events_.storage_calls += process_->calls();
    events_.storage_errors += process_->errors();
  }

  static bool says_on_purpose(const std::string& failure) { return failure.find(on_purpose) != std::string::npos; }

  // ---- faults -------------------------------------------------------------------------------------------------------

  void fail() {
    execution_->fail(fmt::format("a subtask {}", on_purpose));
    note(simulation_step::action::fail, 0, 0);
  }

  std::uint64_t newest_snapshot() const {
    if (memory_disk_ == nullptr) return 0;
    const std::vector<std::uint64_t> ids = complete_snapshots(*memory_disk_, simulated_checkpoints);
    return ids.empty() ? 0 : ids.front();
  }

  /// Only as long as no results are visible, which an older snapshot might not know of.
  void damage_newest() {
    if (memory_disk_ == nullptr || visible_files() != visible_at_first_) return;
    const std::optional<std::uint64_t> damaged = faults_.damage_newest(*memory_disk_);
    if (!damaged) return;
    ++events_.damaged_snapshots;
    note(simulation_step::action::damage, *damaged, 0);
  }

  /// With the times of their last changes, without checkpoints.
  std::map<std::string, std::int64_t> visible_files() const {
    std::map<std::string, std::int64_t> found;
    for (const std::string& path : memory_disk_->paths()) {
      const bool hidden = path[path.rfind('/') + 1] == '.';
      const bool checkpoint = path.starts_with(std::string(simulated_checkpoints) + "/");
      if (!hidden && !checkpoint) found.emplace(path, memory_disk_->stat(path).modified_ns);
    }
    return found;
  }

  void meet_commit_fault() {
    if (!faults_.take_commit_fault()) return;
    const simulation_step met = commit_faults_->meet(random_, events_.decisions, faults_.damaged());
    note(met.what, met.where, met.result);
  }

  // ---- what is drawn once ---------------------------------------------------------------------------------------

  std::size_t draw_batch_records() {
    if (random_.one_in(8)) return options_.batch_records_max;
    return std::min<std::size_t>(1 + random_.below(16), options_.batch_records_max);
  }

  detail::execution_options draw_options() {
    detail::check_options(job_.name(), {.slots = slots_,
                                        .batch_records = options_.batch_records_max,
                                        .channel_capacity = options_.channel_capacity_max});
    detail::execution_options drawn;
    drawn.slots = slots_;
    drawn.memory.budget = options_.memory;
    drawn.source_batch_records = draw_batch_records();
    drawn.pre_aggregate = random_.one_in(3) ? pre_aggregation::off : pre_aggregation::on;
    drawn.shape = [this](std::size_t, std::size_t, std::size_t) {
      return detail::channel_config{
          .capacity = 1 + static_cast<std::size_t>(random_.below(options_.channel_capacity_max)),
          .batch_records = draw_batch_records(),
          .same_thread = true};
    };
    return drawn;
  }

  // Some subtasks are slower than others, some far slower, so that queues fill and run dry.
  std::uint64_t draw_reluctance() {
    switch (random_.below(8)) {
      case 0:
        return 32;
      case 1:
      case 2:
        return 4;
      default:
        return 1;
    }
  }

  // ---- one decision -----------------------------------------------------------------------------------------------

  void decide() {
    if (++events_.decisions > options_.decisions_max) {
      give_up(fmt::format("did not end within {} decisions", options_.decisions_max));
    }
    if (options_.stop_after == events_.decisions) stop();
    if (options_.savepoint_after == events_.decisions) ask_for_savepoint();
    if (faults_.crashes_at(events_.decisions)) {
      process_->die();
      return;
    }
    if (faults_.fails_at(events_.decisions)) {
      fail();
      return;
    }
    release_due_channels();
    if (commit_faults_) commit_faults_->release_due(events_.decisions);
    if (fruitless_ > 4 * subtasks_.size() + 16) {
      go_on_or_give_up();
      fruitless_ = 0;
      return;
    }
    const std::uint64_t choice = random_.below(64);
    if (choice == 0) {
      advance_clock(std::chrono::microseconds{1 + random_.below(20'000)});
    } else if (choice == 1 && !channels_.empty()) {
      hold(random_.below(channels_.size()));
    } else if (choice >= 56 && attempt_->coordinator() != nullptr) {
      step_coordinator(1 + random_.below(random_.one_in(8) ? 40 : 4));
    } else if (choice == 2 && commit_faults_) {
      meet_commit_fault();
    } else if (choice <= 4) {
      const std::size_t subtask = random_.below(subtasks_.size());
      flush(subtask, random_.one_in(2) ? flush_reason::idle : flush_reason::timeout);
    } else {
      step_some(random_.below(subtasks_.size()));
    }
  }

  void step_some(std::size_t index) {
    const scheduled& chosen = subtasks_[index];
    if (chosen.done || !random_.one_in(chosen.reluctance)) {
      ++fruitless_;
      return;
    }
    std::uint64_t times = random_.one_in(4) ? 1 + random_.below(8) : 1;
    if (options_.crash_at) times = 1;
    for (std::uint64_t time = 0; time < times; ++time) {
      if (step(index) != step_status::progress) return;
    }
  }

  step_status step(std::size_t index) {
    scheduled& chosen = subtasks_[index];
    const auto& metrics = *chosen.subtask->context.metrics;
    const std::uint64_t spilled = metrics.spilled_batches.get();
    const step_status status = execution_->step(*chosen.subtask);
    if (process_->dead() || execution_->failed()) return step_status::idle;
    note(simulation_step::action::step, index, static_cast<std::uint64_t>(status));
    ++events_.steps;
    if (index != expected_) ++events_.reordered_steps;
    expected_ = index == 0 ? subtasks_.size() - 1 : index - 1;
    events_.largest_spill = std::max(events_.largest_spill, metrics.spilled_batches.get() - spilled);
    if (status == step_status::backpressured) ++events_.full_channels;
    if (status == step_status::done) {
      chosen.done = true;
      --remaining_;
    }
    fruitless_ = status == step_status::idle || status == step_status::backpressured ? fruitless_ + 1 : 0;
    return status;
  }

  /// Returns whether it had anything to do.
  bool step_coordinator(std::uint64_t times) {
    bool worked = false;
    if (options_.crash_at) times = 1;
    for (std::uint64_t time = 0; time < times && !process_->dead(); ++time) {
      if (attempt_->coordinator()->step().count() != 0) break;
      worked = true;
    }
    note(simulation_step::action::checkpoint, 0, worked ? 1 : 0);
    return worked;
  }

  void flush(std::size_t index, flush_reason reason) {
    running_subtask& subtask = *subtasks_[index].subtask;
    if (!subtask.task->holds_output()) return;
    execution_->flush(subtask, reason);
    note(simulation_step::action::flush, index, static_cast<std::uint64_t>(reason));
    ++events_.flushes;
  }

  void hold(std::size_t channel) {
    const std::uint64_t looks = 1 + random_.below(random_.one_in(8) ? 2000 : 100);
    channels_[channel]->hold(true);
    held_until_[channel] = events_.decisions + looks;
    held_.insert(channel);
    note(simulation_step::action::hold, channel, looks);
    ++events_.slow_edges;
  }

  void release_due_channels() {
    for (auto each = held_.begin(); each != held_.end();) {
      if (held_until_[*each] > events_.decisions) {
        ++each;
      } else {
        channels_[*each]->hold(false);
        each = held_.erase(each);
      }
    }
  }

  void advance_clock(std::chrono::nanoseconds by) {
    clock_.advance(by);
    note(simulation_step::action::advance_clock, 0, static_cast<std::uint64_t>(by.count()));
    ++events_.clock_advances;
  }

  void stop() {
    attempt_->request_stop();
    for (const scheduled& each : subtasks_) each.subtask->task->stop();
    note(simulation_step::action::stop, 0, 0);
  }

  void ask_for_savepoint() {
    attempt_->request_savepoint({.directory = "savepoint",
                                 .done = [this](const savepoint_report& taken, const std::string& failure) {
                                   if (failure.empty() && options_.on_savepoint) options_.on_savepoint(taken);
                                 }});
    note(simulation_step::action::checkpoint, 1, 0);
  }

  // ---- when nothing moves -----------------------------------------------------------------------------------------

  bool step_all() {
    bool progress = false;
    for (std::size_t index = 0; index < subtasks_.size(); ++index) {
      if (subtasks_[index].done) continue;
      if (process_->dead() || execution_->failed()) return true;
      const step_status status = step(index);
      progress = progress || status == step_status::progress || status == step_status::done;
    }
    return progress;
  }

  // Takes away, one after the other, what may hold a healthy job up: slow edges, part-filled batches, the time.
  void go_on_or_give_up() {
    for (const std::size_t channel : held_) channels_[channel]->hold(false);
    held_.clear();
    if (commit_faults_) commit_faults_->release();
    if (has_ended() || step_all()) return;
    for (std::size_t index = 0; index < subtasks_.size() && !has_ended(); ++index) flush(index, flush_reason::timeout);
    if (has_ended() || step_all()) return;
    if (attempt_->coordinator() != nullptr && step_coordinator(1000)) return;
    if (has_ended()) return;
    if (std::any_of(subtasks_.begin(), subtasks_.end(), [](const auto& each) { return each.subtask->task->polls(); })) {
      advance_clock(std::chrono::microseconds{1000 + random_.below(50'000)});
      return;
    }
    auto next_timer = processing_clock::time_point::max();
    for (const scheduled& each : subtasks_) next_timer = std::min(next_timer, each.subtask->task->next_timer());
    if (next_timer != processing_clock::time_point::max()) {
      advance_clock(std::max<std::chrono::nanoseconds>(next_timer - clock_.now(), std::chrono::milliseconds{1}));
      return;
    }
    std::string blocked;
    for (const scheduled& each : subtasks_) {
      if (each.done) continue;
      blocked += fmt::format("{}'{}' subtask {}", blocked.empty() ? "" : ", ",
                             detail::describe_operators(*each.subtask->of), each.subtask->index + 1);
    }
    give_up("has stalled: no subtask can go on and no source waits for input; not done are " + blocked);
  }

  /// For a reason that is not its input.
  bool has_ended() const { return process_->dead() || execution_->failed(); }

  [[noreturn]] void give_up(const std::string& why) const {
    throw error(fmt::format("simulation of job '{}' with seed {} and {} slots {}", job_.name(),
                            options_.seed, slots_, why));
  }

  void note(simulation_step::action what, std::uint64_t where, std::uint64_t result) {
    trace_hash_ = stable_hash(trace_hash_ ^ (where << 40) ^ (result << 8) ^ static_cast<std::uint64_t>(what));
    if (options_.trace != nullptr) options_.trace->push_back({what, where, result});
  }

  const job& job_;
  const simulation_options& options_;
  run_options run_;
  simulation_events events_;
  random_numbers random_;
  planned_faults faults_;
  manual_clock clock_;
  memory_storage own_disk_;
  storage& disk_;
  memory_storage* memory_disk_ = nullptr;  // the same, in a run with faults
  std::map<std::string, std::int64_t> visible_at_first_;
  std::size_t slots_;
  std::size_t slots_before_ = 0;
  std::optional<mortal_storage> process_;  // the disk as the present process sees it
  std::optional<detail::job_recovery> recovery_;
  std::unique_ptr<detail::job_attempt> attempt_;
  detail::job_execution* execution_ = nullptr;
  std::optional<commit_faults> commit_faults_;  // in a run with faults
  std::vector<scheduled> subtasks_;
  std::vector<detail::channel*> channels_;
  std::vector<std::uint64_t> held_until_;  // by channel
  std::set<std::size_t> held_;             // an ordered set, so that runs are equal
  std::size_t remaining_ = 0;
  std::size_t expected_ = 0;
  std::uint64_t fruitless_ = 0;  // decisions in a row that moved nothing
  std::uint64_t trace_hash_ = 0;
};

}  // namespace

simulation_report simulate(const job& job, const simulation_options& options) { return simulation(job, options).run(); }

}  // namespace weir::testing
