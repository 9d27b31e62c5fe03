#include "weir/runtime/checkpoint_coordinator.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <exception>
#include <utility>

#include "weir/core/error.hpp"
#include "weir/core/key_group.hpp"
#include "weir/runtime/job_execution.hpp"
#include "weir/runtime/restored_snapshot.hpp"
#include "weir/state/shared_files.hpp"

namespace weir::detail {
/// A savepoint on its way.
struct checkpoint_coordinator::savepoint_copy {
  savepoint_request request;
  std::unique_ptr<snapshot_writer> writer;
};

/// A checkpoint on its way.
struct checkpoint_coordinator::pending_checkpoint {
  checkpoint_id id;
  bool stop;
  std::chrono::nanoseconds begun;
  snapshot_writer writer;
  std::vector<bool> shares;                                     // by subtask: whether all of it has come
  std::size_t missing;                                          // shares
  std::map<std::uint32_t, std::vector<prepared_part>> prepared; // by operator of the manifest
  std::vector<savepoint_copy> copies;
  snapshot_manifest manifest;

  pending_checkpoint(checkpoint_id number, bool stops, std::chrono::nanoseconds now, storage& disk, std::string directory,
                     std::size_t subtasks)
      : id(number), stop(stops), begun(now), writer(disk, std::move(directory)), shares(subtasks), missing(subtasks) {}
};

checkpoint_coordinator::checkpoint_coordinator(snapshot_store& store, storage& disk, const checkpoint_options& options,
                                               clock& clock, checkpoint_mailbox& mailbox)
    : store_(store),
      storage_(disk),
      options_(options),
      clock_(clock),
      mailbox_(mailbox),
      next_due_(clock.monotonic() + options.interval) {}

checkpoint_coordinator::~checkpoint_coordinator() {
  if (execution_ != nullptr) refuse_savepoints("the job has ended");
}

void checkpoint_coordinator::attach(job_execution& execution, const restored_snapshot* restored) {
  execution_ = &execution;
  const graph& job = execution.description();
  for (std::size_t index = 0; index < job.stages.size(); ++index) {
    const stage& of = *job.stages[index];
    auto& positions = operator_index_.emplace_back();
    for (const operator_info& operation : of.operators) {
      positions.push_back(static_cast<std::uint32_t>(operators_.size()));
      if (operation.uid.empty()) continue;
      operators_.push_back({.uid = operation.uid,
                            .kind = operation.kind,
                            .key_schema = operation.table != nullptr ? operation.table->key : "",
                            .state_schema = operation.table != nullptr ? operation.table->state : "",
                            .parallelism = static_cast<std::uint32_t>(parallelism_of(of, execution.slots()))});
    }
  }
  finished_.resize(execution.subtasks().size());
  finishing_.resize(execution.subtasks().size());
  if (restored != nullptr) mailbox_.complete(restored->manifest().id);
}

std::chrono::nanoseconds checkpoint_coordinator::step() {
  if (std::optional<checkpoint_message> message = mailbox_.take()) {
    take_in(std::move(*message));
    return std::chrono::nanoseconds{0};
  }
  const std::chrono::nanoseconds now = clock_.monotonic();
  const std::chrono::nanoseconds quiet = std::chrono::hours{1};
  if (stop_asked_.load(std::memory_order_acquire) && !stop_begun_ && !draining_) {
    put_off();
    begin_last(true);
    return std::chrono::nanoseconds{0};
  }
  if (drain_asked_.load(std::memory_order_acquire) && !stop_begun_ && !draining_) {
    begin_drain();
    return std::chrono::nanoseconds{0};
  }
  if (!pending_ && !draining_ && begin_savepoints()) return std::chrono::nanoseconds{0};
  if (pending_) {
    const std::chrono::nanoseconds until = pending_->begun + options_.timeout;
    if (now < until) return until - now;
    give_up(fmt::format("it took longer than {} ms", options_.timeout.count()));
    return std::chrono::nanoseconds{0};
  }
  if (options_.interval.count() == 0 || stop_begun_ || draining_) return quiet;
  if (now < next_due_) return next_due_ - now;
  next_due_ = now + options_.interval;
  begin(false, {});
  return std::chrono::nanoseconds{0};
}

bool checkpoint_coordinator::has_work() const {
  if (!mailbox_.empty()) return true;
  if (stop_begun_ || draining_) return false;
  if (stop_asked_.load(std::memory_order_acquire) || drain_asked_.load(std::memory_order_acquire)) return true;
  return !pending_ && has_requests();
}

void checkpoint_coordinator::begin_now() {
  put_off();
  begin(false, {});
}

/// All savepoints that wait are copies of it.
void checkpoint_coordinator::begin_last(bool stop) {
  std::vector<savepoint_copy> copies = open_copies(take_requests());
  for (savepoint_copy& last : last_copies_) copies.push_back(std::move(last));
  last_copies_.clear();
  begin(stop, std::move(copies));
}

void checkpoint_coordinator::begin(bool stop, std::vector<savepoint_copy> copies) {
  const checkpoint_id id = last_begun_ = store_.next_id();
  stop_begun_ = stop_begun_ || stop;
  try {
    pending_ = std::make_unique<pending_checkpoint>(id, stop, clock_.monotonic(), storage_, store_.directory_of(id),
                                                    finished_.size());
    pending_->copies = std::move(copies);
    for (std::size_t subtask = 0; subtask < finished_.size(); ++subtask) {
      if (finished_[subtask]) take_in_finished(subtask);
    }
  } catch (const error& cause) {
    for (const savepoint_copy& copy : copies) answer(copy.request, cause.what());
    give_up(cause.what());
  }
  if (!pending_ && stop && !stop_asked_.load(std::memory_order_acquire)) {
    stop_begun_ = false;  // the job was to stop with a savepoint, and there is none
    return;
  }
  // Without a disk to write it to, sources must still be told to stop.
  if (pending_ || stop) mailbox_.request(id, stop);
  if (pending_ && pending_->missing == 0) publish();
}

void checkpoint_coordinator::take_in(checkpoint_message&& message) {
  using kind = checkpoint_message::kind;
  operator_metrics& figures =
      execution_->subtasks()[message.subtask].context.metrics->operators[message.operator_position];
  figures.written_bytes.add(message.block.bytes.size());
  if (message.id == 0) {
    if (message.what == kind::block) {
      finishing_[message.subtask].push_back(std::move(message));
    } else if (message.what == kind::finished) {
      finished_[message.subtask] = std::move(finishing_[message.subtask]);
      if (pending_) take_in_finished(message.subtask);
    }
  } else if (pending_ && message.id == pending_->id) {
    if (message.what == kind::block) {
      write(message.subtask, message.operator_position, message.block);
    } else {
      share_complete(message.subtask);
    }
  }
  mailbox_.give_back(std::move(message.block.bytes));
  if (pending_ && pending_->missing == 0) publish();
}

void checkpoint_coordinator::take_in_finished(std::size_t subtask) {
  if (!pending_ || pending_->shares[subtask]) return;
  for (checkpoint_message& message : *finished_[subtask]) {
    write(subtask, message.operator_position, message.block);
    if (!pending_) return;
  }
  share_complete(subtask);
}

void checkpoint_coordinator::write(std::size_t subtask, std::size_t position, snapshot_block& block) {
  const running_subtask& from = execution_->subtasks()[subtask];
  block.operator_index = operator_index_[from.stage_index][position];
  block.subtask = static_cast<std::uint32_t>(from.index);
  try {
    pending_->writer.append(block);
  } catch (const error& cause) {
    give_up(cause.what());
    return;
  }
  std::erase_if(pending_->copies, [&](savepoint_copy& copy) {
    try {
      if (block.kind == block_kind::part && names_shared_files(block.name)) {
        copy_shared_files(storage_, block.bytes, store_.directory(), copy.request.directory);
      }
      copy.writer->append(block);
      return false;
    } catch (const error& cause) {
      answer(copy.request, cause.what());
      return true;
    }
  });
  if (block.kind == block_kind::part && block.name == prepared_part_name) {
    pending_->prepared[block.operator_index].push_back(block.bytes);
  }
}

void checkpoint_coordinator::share_complete(std::size_t subtask) {
  if (!pending_ || pending_->shares[subtask]) return;
  pending_->shares[subtask] = true;
  --pending_->missing;
}

void checkpoint_coordinator::publish() {
  std::unique_ptr<pending_checkpoint> published = std::exchange(pending_, nullptr);
  snapshot_manifest& manifest = published->manifest;
  manifest.job = execution_->description().name;
  manifest.id = published->id;
  manifest.created_ms = clock_.now().time_since_epoch().count();
  manifest.key_groups = key_group_count::value_default;
  manifest.operators = operators_;
  try {
    published->writer.finish(manifest);
  } catch (const error& cause) {
    published->writer.abandon();
    for (const savepoint_copy& copy : published->copies) answer(copy.request, cause.what());
    note_failure(published->id, cause.what());
    return;
  }
  const std::chrono::nanoseconds now = clock_.monotonic();
  {
    const std::lock_guard lock(mutex_);
    ++figures_.completed;
    figures_.last_completed = published->id;
    figures_.last_bytes = published->writer.bytes_written();
    figures_.last_duration = now - published->begun;
  }
  next_due_ = std::max(next_due_, now + options_.pause_min);
  published_ = std::move(published);
  if (holds_completions_) {
    finish_copies(*published_);  // who asked for a savepoint does not wait for commits
  } else {
    complete_published();
  }
  try {
    store_.retain(options_.retained);
  } catch (const error& cause) {
    const std::lock_guard lock(mutex_);
    notes_.push_back(fmt::format("older checkpoints could not be removed: {}", cause.what()));
  }
}

void checkpoint_coordinator::complete_published() {
  const std::unique_ptr<pending_checkpoint> complete = std::exchange(published_, nullptr);
  if (!complete) return;
  // Writers forget what they prepared for a checkpoint once they hear that it is complete.
  if (commit(complete->prepared)) mailbox_.complete(complete->id);
  finish_copies(*complete);
}

void checkpoint_coordinator::hold_completions(bool holds) {
  holds_completions_ = holds;
  if (!holds) complete_published();
}

bool checkpoint_coordinator::commit(const std::map<std::uint32_t, std::vector<prepared_part>>& prepared) {
  bool committed = true;
  for (const registered_committer& each : execution_->committers()) {
    const auto of = std::find_if(operators_.begin(), operators_.end(),
                                 [&](const snapshot_operator& operation) { return operation.uid == each.uid; });
    const auto found = prepared.find(static_cast<std::uint32_t>(of - operators_.begin()));
    try {
      if (found != prepared.end()) each.commits->commit(found->second);
    } catch (const error& cause) {
      execution_->fail(fmt::format("job '{}', sink '{}': {}", execution_->description().name, each.uid, cause.what()));
      committed = false;
    }
  }
  return committed;
}

void checkpoint_coordinator::give_up(const std::string& why) {
  const std::unique_ptr<pending_checkpoint> given_up = std::exchange(pending_, nullptr);
  if (given_up) {
    given_up->writer.abandon();
    for (const savepoint_copy& copy : given_up->copies) answer(copy.request, why);
  }
  if (!why.empty()) note_failure(last_begun_, why);
}

void checkpoint_coordinator::note_failure(checkpoint_id id, const std::string& why) {
  const std::lock_guard lock(mutex_);
  ++figures_.failed;
  last_failure_ = fmt::format("checkpoint {} was given up: {}", id, why);
  notes_.push_back(last_failure_);
}

void checkpoint_coordinator::finish() {
  holds_completions_ = false;
  while (std::optional<checkpoint_message> message = mailbox_.take()) take_in(std::move(*message));
  if (!stop_begun_) {
    put_off();
    begin_last(false);
  }
  if (figures().last_completed == last_begun_) return;
  throw error(fmt::format("job '{}': its last checkpoint failed, so that its results cannot become visible; {}",
                          execution_->description().name, last_failure_));
}

void checkpoint_coordinator::request_stop() noexcept {
  stop_asked_.store(true, std::memory_order_release);
  mailbox_.notify();
}

void checkpoint_coordinator::request_drain() noexcept {
  drain_asked_.store(true, std::memory_order_release);
  mailbox_.notify();
}

void checkpoint_coordinator::begin_drain() {
  put_off();
  draining_ = true;
  execution_->request_drain();
}

// ---- savepoints -----------------------------------------------------------------------------------------------------

void checkpoint_coordinator::request_savepoint(savepoint_request request) {
  std::string refused;
  {
    const std::lock_guard lock(mutex_);
    refused = refused_;
    if (refused.empty()) requests_.push_back(std::move(request));
  }
  if (!refused.empty()) return answer(request, refused);
  mailbox_.notify();
}

void checkpoint_coordinator::refuse_savepoints(const std::string& why) {
  {
    const std::lock_guard lock(mutex_);
    if (refused_.empty()) refused_ = why;
  }
  for (const savepoint_request& request : take_requests()) answer(request, why);
  for (const savepoint_copy& copy : last_copies_) answer(copy.request, why);
  last_copies_.clear();
  if (pending_) {
    for (const savepoint_copy& copy : pending_->copies) answer(copy.request, why);
    pending_->copies.clear();
  }
}

std::deque<savepoint_request> checkpoint_coordinator::take_requests() {
  const std::lock_guard lock(mutex_);
  return std::exchange(requests_, {});
}

bool checkpoint_coordinator::has_requests() const {
  const std::lock_guard lock(mutex_);
  return !requests_.empty();
}

/// Returns whether it did anything. Where no directory can be written to, nothing is begun and nothing stops.
bool checkpoint_coordinator::begin_savepoints() {
  if (!has_requests()) return false;
  if (stop_begun_) {
    for (const savepoint_request& request : take_requests()) answer(request, "the job is stopping already");
    return true;
  }
  std::vector<savepoint_copy> copies = open_copies(take_requests());
  if (copies.empty()) return true;
  const auto stops_by = [&](stop_mode how) {
    return std::any_of(copies.begin(), copies.end(), [how](const auto& each) { return each.request.stop == how; });
  };
  const bool stops = stops_by(stop_mode::keep_open);
  if (!stops && stops_by(stop_mode::drain)) {
    last_copies_ = std::move(copies);
    begin_drain();
  } else {
    begin(stops, std::move(copies));
  }
  return true;
}

/// Takes the directories of those that can be written.
std::vector<checkpoint_coordinator::savepoint_copy> checkpoint_coordinator::open_copies(
    std::deque<savepoint_request> requests) {
  std::vector<savepoint_copy> copies;
  for (savepoint_request& request : requests) {
    try {
      if (request.directory.empty()) throw error("it needs a directory; name a new or an empty one");
      auto writer = std::make_unique<snapshot_writer>(storage_, request.directory);
      copies.push_back({std::move(request), std::move(writer)});
    } catch (const error& cause) {
      answer(request, cause.what());
    }
  }
  return copies;
}

/// Gives up the checkpoint that is under way in favour of another one; its savepoints become copies of that.
void checkpoint_coordinator::put_off() {
  if (!pending_) return;
  std::vector<savepoint_copy> copies = std::exchange(pending_->copies, {});
  give_up({});
  for (savepoint_copy& copy : copies) {
    copy.writer.reset();  // removes what it has written
    const std::lock_guard lock(mutex_);
    requests_.push_back(std::move(copy.request));
  }
}

void checkpoint_coordinator::finish_copies(pending_checkpoint& published) {
  for (savepoint_copy& copy : published.copies) {
    try {
      copy.writer->finish(published.manifest);
    } catch (const error& cause) {
      copy.writer->abandon();
      answer(copy.request, cause.what());
      continue;
    }
    copy.request.done({.directory = copy.request.directory,
                       .id = published.id,
                       .bytes = copy.writer->bytes_written(),
                       .duration = clock_.monotonic() - published.begun},
                      {});
  }
  published.copies.clear();
}

void checkpoint_coordinator::answer(const savepoint_request& request, const std::string& cause) const {
  request.done({}, fmt::format("job '{}': no savepoint was written to {}: {}", execution_->description().name,
                               request.directory.empty() ? "''" : request.directory, cause));
}

checkpoint_figures checkpoint_coordinator::figures() const {
  const std::lock_guard lock(mutex_);
  return figures_;
}

std::vector<std::string> checkpoint_coordinator::notes() const {
  const std::lock_guard lock(mutex_);
  return notes_;
}

}  // namespace weir::detail
