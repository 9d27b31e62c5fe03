#include "weir/testkit/simulator.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <memory>
#include <optional>
#include <set>

#include "weir/core/error.hpp"
#include "weir/core/hash.hpp"
#include "weir/dsl/job_run.hpp"
#include "weir/testkit/manual_clock.hpp"
#include "weir/testkit/memory_storage.hpp"
#include "weir/testkit/mortal_storage.hpp"

namespace weir::testing {
namespace {

using detail::flush_reason;
using detail::running_subtask;
using detail::step_status;

/// The same numbers for a seed on every platform, which standard distributions do not promise (splitmix64, Vigna 2015).
class random_numbers {
 public:
  explicit random_numbers(std::uint64_t seed) : state_(seed) {}

  /// Uniform in [0, limit). Precondition: limit > 0.
  std::uint64_t below(std::uint64_t limit) {
    state_ += 0x9e3779b97f4a7c15ULL;
    std::uint64_t mixed = state_;
    mixed = (mixed ^ (mixed >> 30)) * 0xbf58476d1ce4e5b9ULL;
    mixed = (mixed ^ (mixed >> 27)) * 0x94d049bb133111ebULL;
    mixed ^= mixed >> 31;
    return ((mixed >> 32) * limit) >> 32;
  }
  bool one_in(std::uint64_t number) { return below(number) == 0; }

 private:
  std::uint64_t state_;
};

class simulation {
 public:
  simulation(const job& described, const simulation_options& options)
      : job_(described),
        options_(options),
        random_(options.seed),
        disk_(options.storage != nullptr ? *options.storage : own_disk_),
        slots_(std::max<std::size_t>(options.slots, 1)) {
    if (options_.crashes_max > 0) {
      run_.checkpoints.directory = "checkpoints-of-the-simulation";
      run_.checkpoints.interval = std::chrono::milliseconds{1 + random_.below(20)};
      run_.restore = "latest";
    }
  }

  simulation_report run() {
    for (;;) {
      if (begin_attempt() && run_attempt()) return report();
      crash();
    }
  }

 private:
  struct scheduled {
    running_subtask* subtask;
    std::uint64_t reluctance;  ///< goes on only one time in so many
    bool done = false;
  };

  // ---- attempts ---------------------------------------------------------------------------------------------------

  /// False if the process dies meanwhile.
  bool begin_attempt() {
    process_.emplace(disk_);
    plan_crash();
    try {
      recovery_.emplace(job_.description(), run_, clock_, *process_);
      attempt_ = recovery_->next_attempt(draw_options());
    } catch (const error& cause) {
      if (process_->dead()) return false;
      give_up(fmt::format("could not begin: {}", cause.what()));
    }
    execution_ = &attempt_->execution();
    if (attempt_->restored()) {
      ++events_.restores;
      if (slots_ != slots_before_) ++events_.rescales;
    }
    for (running_subtask& subtask : execution_->subtasks()) {
      subtasks_.push_back({&subtask, draw_reluctance()});
      channels_.insert(channels_.end(), subtask.writes.begin(), subtask.writes.end());
    }
    held_until_.assign(channels_.size(), 0);
    remaining_ = subtasks_.size();
    fruitless_ = 0;
    return true;
  }

  /// False if the process dies meanwhile.
  bool run_attempt() {
    while (remaining_ > 0) {
      decide();
      if (process_->dead()) return false;
    }
    attempt_->finish();
    if (process_->dead()) return false;
    if (execution_->failed()) give_up("failed: " + execution_->failure());
    return true;
  }

  simulation_report report() {
    if (attempt_->coordinator() != nullptr) events_.checkpoints += attempt_->coordinator()->figures().completed;
    simulation_report report{detail::make_report(*execution_), events_, trace_hash_};
    report.duration = clock_.monotonic();
    for (const stage_report& stage : report.stages) report.events.spilled_batches += stage.spilled_batches;
    return report;
  }

  /// Two fifths of the processes die at a decision, two within a call of the disk, one lives on.
  void plan_crash() {
    crash_at_ = std::nullopt;
    if (events_.crashes >= options_.crashes_max) return;
    switch (random_.below(5)) {
      case 0:
      case 1:
        crash_at_ = events_.decisions + 1 + random_.below(random_.one_in(2) ? 100 : 2000);
        break;
      case 2:
      case 3:
        plan_crash_in_storage();
        break;
      default:
        break;
    }
  }

  void plan_crash_in_storage() {
    const std::uint64_t call = random_.below(random_.one_in(2) ? 20 : 100);
    const bool after_effect = random_.one_in(2);
    process_->die_at(call, after_effect);
  }

  void crash() {
    const bool within_call = !crash_at_ || events_.decisions < *crash_at_;
    ++events_.crashes;
    if (within_call) ++events_.crashes_in_storage;
    if (attempt_ && attempt_->coordinator() != nullptr) {
      events_.checkpoints += attempt_->coordinator()->figures().completed;
      if (attempt_->coordinator()->is_busy()) ++events_.crashes_in_checkpoint;
    }
    note(simulation_step::action::crash, events_.decisions, within_call ? 1 : 0);
    process_->die();
    // Nothing that destructors do reaches the disk any more.
    subtasks_.clear();
    channels_.clear();
    held_.clear();
    attempt_.reset();
    recovery_.reset();
    dynamic_cast<memory_storage&>(disk_).crash(random_.below(1'000'000'007));
    slots_before_ = slots_;
    if (options_.slots_after_crash_max > 0) slots_ = 1 + random_.below(options_.slots_after_crash_max);
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
    if (crash_at_ == events_.decisions) {
      process_->die();
      return;
    }
    release_due_channels();
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
    const std::uint64_t times = random_.one_in(4) ? 1 + random_.below(8) : 1;
    for (std::uint64_t time = 0; time < times; ++time) {
      if (step(index) != step_status::progress) return;
    }
  }

  step_status step(std::size_t index) {
    scheduled& chosen = subtasks_[index];
    const auto& metrics = *chosen.subtask->context.metrics;
    const std::uint64_t spilled = metrics.spilled_batches.get();
    const step_status status = execution_->step(*chosen.subtask);
    if (process_->dead()) return step_status::idle;
    give_up_if_failed();
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
    for (std::uint64_t time = 0; time < times && !process_->dead(); ++time) {
      if (attempt_->coordinator()->step().count() != 0) break;
      worked = true;
    }
    note(simulation_step::action::checkpoint, 0, worked ? 1 : 0);
    give_up_if_failed();
    return worked;
  }

  void flush(std::size_t index, flush_reason reason) {
    running_subtask& subtask = *subtasks_[index].subtask;
    if (!subtask.task->holds_output()) return;
    execution_->flush(subtask, reason);
    give_up_if_failed();
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
      if (process_->dead()) return true;
      const step_status status = step(index);
      progress = progress || status == step_status::progress || status == step_status::done;
    }
    return progress;
  }

  // Takes away, one after the other, what may hold a healthy job up: slow edges, part-filled batches, the time.
  void go_on_or_give_up() {
    for (const std::size_t channel : held_) channels_[channel]->hold(false);
    held_.clear();
    if (step_all()) return;
    for (std::size_t index = 0; index < subtasks_.size() && !process_->dead(); ++index) flush(index, flush_reason::timeout);
    if (process_->dead() || step_all()) return;
    if (attempt_->coordinator() != nullptr && step_coordinator(1000)) return;
    if (process_->dead()) return;
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

  void give_up_if_failed() {
    if (!execution_->failed() || process_->dead()) return;
    execution_->finish();
    give_up("failed: " + execution_->failure());
  }

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
  random_numbers random_;
  manual_clock clock_;
  memory_storage own_disk_;
  storage& disk_;
  std::size_t slots_;
  std::size_t slots_before_ = 0;
  std::optional<mortal_storage> process_;  // the disk as the present process sees it
  std::optional<detail::job_recovery> recovery_;
  std::unique_ptr<detail::job_attempt> attempt_;
  detail::job_execution* execution_ = nullptr;
  std::optional<std::uint64_t> crash_at_;  // a decision
  std::vector<scheduled> subtasks_;
  std::vector<detail::channel*> channels_;
  std::vector<std::uint64_t> held_until_;  // by channel
  std::set<std::size_t> held_;             // an ordered set, so that runs are equal
  std::size_t remaining_ = 0;
  std::size_t expected_ = 0;
  std::uint64_t fruitless_ = 0;  // decisions in a row that moved nothing
  std::uint64_t trace_hash_ = 0;
  simulation_events events_;
};

}  // namespace

simulation_report simulate(const job& job, const simulation_options& options) { return simulation(job, options).run(); }

}  // namespace weir::testing
