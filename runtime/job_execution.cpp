#include "weir/runtime/job_execution.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <exception>
#include <limits>

#include "weir/core/error.hpp"
#include "weir/state/snapshot_block.hpp"

namespace weir::detail {
namespace {

/// What the exception that is being handled says.
std::string what_was_thrown() {
  try {
    throw;
  } catch (const std::exception& cause) {
    return cause.what();
  } catch (...) {
    return "a user function threw something that is no std::exception";
  }
}

}  // namespace

job_execution::job_execution(const graph& graph, execution_options options, clock& clock, storage& storage)
    : graph_(graph), options_(std::move(options)), clock_(clock), storage_(storage), begun_(clock.monotonic()) {
  check_parallelism(graph_, options_.slots);
  if (options_.memory.budget != 0) memory_.emplace(options_.memory, options_.checkpoints);
  shared_.resize(graph_.stages.size());
  metrics_.resize(graph_.stages.size());
  splits_.resize(graph_.stages.size());
  for (std::size_t index = 0; index < graph_.stages.size(); ++index) {
    const stage& of = *graph_.stages[index];
    // One more than the operators that the user wrote: a stage may end in an exchange writer.
    shared_[index].resize(of.operators.size() + 1);
    first_subtask_.push_back(subtasks_.size());
    const std::size_t parallelism = parallelism_of(of, options_.slots);
    for (std::size_t subtask = 0; subtask < parallelism; ++subtask) {
      running_subtask& added = subtasks_.emplace_back();
      added.of = &of;
      added.stage_index = index;
      added.index = subtask;
      added.slot = subtask % options_.slots;
      stage_metrics& metrics = metrics_[index].emplace_back();
      metrics.operators = std::vector<operator_metrics>(of.operators.size() + 1);
      added.context.job_name = graph_.name;
      added.context.of = &of;
      added.context.subtask = subtask;
      added.context.parallelism = parallelism;
      added.context.batch_records = options_.source_batch_records;
      added.context.pre_aggregate = options_.pre_aggregate;
      added.context.clock = &clock_;
      added.context.storage = &storage_;
      added.context.metrics = &metrics;
      added.context.outputs.resize(of.ports);
      added.context.shared = &shared_[index];
      added.context.add_listener = [this](std::shared_ptr<job_listener> listener) {
        listeners_.push_back(std::move(listener));
      };
      added.context.add_committer = [this](registered_committer committer) {
        committers_.push_back(std::move(committer));
      };
      added.context.checkpoints = options_.checkpoints;
      added.context.subtask_of_job = subtasks_.size() - 1;
      added.context.holds_back_at_alignment = options_.holds_back_at_alignment;
      added.context.restored = options_.restored;
      added.context.stores = options_.stores;
      added.context.memory = memory_ ? &*memory_ : nullptr;
      added.context.spill = &options_.spill;
      added.context.allow_duplicates = options_.allow_duplicates;
      added.context.restores_event_time = options_.restores_event_time;
      added.context.alignment = &alignment_;
    }
  }
  make_channels();
  make_subtasks();
}

job_execution::~job_execution() = default;

void job_execution::make_channels() {
  for (std::size_t index = 0; index < graph_.stages.size(); ++index) {
    const stage& consumer = *graph_.stages[index];
    const std::size_t consumers = parallelism_of(consumer, options_.slots);
    for (const edge& input : consumer.inputs) {
      const std::size_t producer_stage = graph_.index_of(*input.from);
      const std::size_t producers = parallelism_of(*input.from, options_.slots);
      for (std::size_t from = 0; from < producers; ++from) {
        running_subtask& producer = subtasks_[first_subtask_[producer_stage] + from];
        auto& targets = producer.context.outputs[input.port].emplace_back();
        for (std::size_t to = 0; to < consumers; ++to) {
          if (input.how == partitioning::forward && from != to) continue;
          running_subtask& receiver = subtasks_[first_subtask_[index] + to];
          auto made = make_channel(options_.shape(producer.slot, receiver.slot, input.record_bytes), input.make_batch);
          targets.push_back(made.get());
          receiver.context.inputs.push_back(made.get());
          receiver.reads.push_back(made.get());
          receiver.producers.push_back(&producer);
          producer.writes.push_back(made.get());
          channels_.push_back(std::move(made));
        }
      }
    }
  }
}

void job_execution::make_subtasks() {
  for (running_subtask& subtask : subtasks_) {
    for (const running_subtask* producer : subtask.producers) {
      subtask.context.inputs_empty.push_back(producer->empty);
    }
    try {
      subtask.task = subtask.of->make_subtask(subtask.context);
    } catch (const snapshot_damaged&) {
      throw;  // there may be another snapshot
    } catch (...) {
      const std::string cause = what_was_thrown();
      throw error(fmt::format("job '{}', stage '{}': {}", graph_.name, describe_operators(*subtask.of), cause));
    }
    const bool reads_source = subtask.of->inputs.empty();
    subtask.empty = reads_source ? !subtask.task->has_input()
                                 : !subtask.task->holds_records() &&
                                       std::all_of(subtask.producers.begin(), subtask.producers.end(),
                                                   [](const auto* producer) { return producer->empty; });
    if (reads_source && subtask.index == 0) {
      sources_.push_back(shared_[subtask.stage_index][0].get<split_assigner>(
          [] { return std::make_shared<split_assigner>(std::vector<source_split>{}, 1); }));
      splits_[subtask.stage_index] = sources_.back().get();
    }
  }
}

std::string job_execution::locate(std::size_t stage, std::size_t subtask) const {
  return fmt::format("job '{}', stage '{}', subtask {} of {}", graph_.name, describe_operators(*graph_.stages[stage]),
                     subtask + 1, metrics_[stage].size());
}

std::string job_execution::locate(const running_subtask& subtask) const {
  std::string text = locate(subtask.stage_index, subtask.index);
  try {
    const std::string position = subtask.task->position();
    if (!position.empty()) text += ", at " + position;
  } catch (...) {
    // A position may have to be looked up in a file that is gone; what failed the job matters more.
  }
  return text;
}

void job_execution::fail_in(const running_subtask& subtask) noexcept {
  const std::string cause = what_was_thrown();
  fail(locate(subtask) + ": " + cause);
}

step_status job_execution::step(running_subtask& subtask) noexcept {
  try {
    return subtask.task->step();
  } catch (const snapshot_damaged&) {
    found_damage_.store(true, std::memory_order_release);
    fail_in(subtask);
  } catch (const memory_exceeded&) {
    fail_for_memory();
  } catch (...) {
    fail_in(subtask);
  }
  return step_status::done;
}

void job_execution::fail_for_memory() noexcept {
  if (!failed()) exceeded_memory_.store(true, std::memory_order_release);
  fail(what_takes_memory());
}

bool job_execution::holds_what_could_spill() const {
  if (!options_.spill.spilled.empty()) return false;
  return std::any_of(graph_.stages.begin(), graph_.stages.end(), [](const auto& stage) {
    return std::any_of(stage->operators.begin(), stage->operators.end(), [](const auto& each) { return each.spills; });
  });
}

/// One sentence: how much of what, the largest state, what one may do.
std::string job_execution::what_takes_memory() const {
  struct taker {
    std::string name;
    std::uint64_t bytes = 0;
  };
  taker largest;
  std::uint64_t states = 0;
  std::uint64_t spilled = 0;
  const auto consider = [&](std::uint64_t bytes, auto&& name) {
    if (bytes > largest.bytes) largest = {name(), bytes};
  };
  for (std::size_t index = 0; index < graph_.stages.size(); ++index) {
    const stage& of = *graph_.stages[index];
    for (std::size_t position = 0; position < of.operators.size(); ++position) {
      std::uint64_t bytes = 0;
      for (const stage_metrics& subtask : metrics_[index]) bytes += bytes_of_state(subtask.operators[position]);
      states += bytes;
      const operator_info& operation = of.operators[position];
      consider(bytes, [&] { return fmt::format("the largest is that of {} '{}'", operation.kind, operation.uid); });
    }
    std::uint64_t bytes = 0;
    for (const stage_metrics& subtask : metrics_[index]) bytes += subtask.spilled_bytes.get();
    spilled += bytes;
    consider(bytes, [&] { return fmt::format("most is what one call emits in stage '{}'", describe_operators(of)); });
  }
  const memory_shares& shares = memory_->shares();
  std::string others = fmt::format("{} for records in flight", bytes_text(shares.in_flight + spilled));
  if (shares.database > 0) others += fmt::format(" and {} for rocksdb", bytes_text(shares.database));
  return fmt::format("job '{}': its state takes {}, which with {} is more than the {} that the job may take (--memory); {} "
                     "with {}; give it more, or let state expire with ttl(...) or shorter windows{}{}; more slots do "
                     "not help{}",
                     graph_.name, bytes_text(states), others, bytes_text(shares.budget), largest.name,
                     bytes_text(largest.bytes),
                     shares.database > 0 ? "" : ", or keep the rows of process and rolling on disk with --state rocksdb",
                     holds_what_could_spill() ? ", or let sort_by spill: give it --state-dir DIRECTORY or --checkpoint-dir "
                                                "DIRECTORY"
                                              : "",
                     options_.checkpoints == nullptr
                         ? ""
                         : "; with more memory, --restore latest goes on from the last complete checkpoint");
}

void job_execution::flush(running_subtask& subtask, flush_reason reason) noexcept {
  if (failed()) return;
  try {
    subtask.task->flush(reason);
  } catch (const memory_exceeded&) {
    fail_for_memory();
  } catch (...) {
    fail_in(subtask);
  }
}

std::vector<std::string> job_execution::notes() const {
  const std::lock_guard lock(mutex_);
  return notes_;
}

void job_execution::fail(std::string message) noexcept {
  const std::lock_guard lock(mutex_);
  if (!finishing_) set_failure(std::move(message));
}

void job_execution::set_failure(std::string message) {
  if (failed_.load(std::memory_order_relaxed)) return;
  failure_ = std::move(message);
  failed_.store(true, std::memory_order_release);
}

std::string job_execution::failure() const {
  const std::lock_guard lock(mutex_);
  return failure_;
}

void job_execution::finish() noexcept {
  {
    const std::lock_guard lock(mutex_);
    finishing_ = true;
  }
  for (running_subtask& subtask : subtasks_) {
    if (subtask.task->stopped()) stopped_.store(true, std::memory_order_release);
    subtask.task.reset();
  }
  for (const auto& listener : listeners_) {
    const job_outcome outcome = failed()                            ? job_outcome::failed
                                : stopped() && !drain_requested() ? job_outcome::stopped
                                                                    : job_outcome::finished;
    try {
      std::string note = listener->job_ended(outcome);
      const std::lock_guard lock(mutex_);
      if (!note.empty()) notes_.push_back(std::move(note));
    } catch (...) {
      const std::string cause = what_was_thrown();
      const std::lock_guard lock(mutex_);
      set_failure(fmt::format("job '{}': {}", graph_.name, cause));
    }
  }
}

std::optional<running_step> job_execution::longest_step() const {
  std::uint64_t earliest = std::numeric_limits<std::uint64_t>::max();
  std::size_t stage = 0;
  std::size_t subtask = 0;
  for (std::size_t index = 0; index < metrics_.size(); ++index) {
    for (std::size_t each = 0; each < metrics_[index].size(); ++each) {
      const std::uint64_t begun = metrics_[index][each].step_begun_ns.get();
      if (begun == 0 || begun >= earliest) continue;
      earliest = begun;
      stage = index;
      subtask = each;
    }
  }
  if (earliest == std::numeric_limits<std::uint64_t>::max()) return std::nullopt;
  return running_step{locate(stage, subtask), clock_.monotonic() - std::chrono::nanoseconds{earliest}};
}

std::vector<event_time_report> job_execution::explain_watermarks() const {
  return watermark_explanation(graph_, subtasks_, first_subtask_, splits_, clock_.monotonic(), begun_).reports();
}

std::pair<std::uint64_t, std::uint64_t> job_execution::progress() const {
  std::uint64_t consumed = 0;
  std::uint64_t total = 0;
  for (const auto& source : sources_) {
    consumed += source->consumed();
    total = source->total() == unlimited_split || total == unlimited_split ? unlimited_split : total + source->total();
  }
  return {consumed, total};
}

}  // namespace weir::detail
