#include "weir/runtime/job_attempt.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <exception>
#include <utility>

#include "weir/core/error.hpp"
#include "weir/runtime/endless_input.hpp"
#include "weir/state/shared_files.hpp"
#include "weir/state/snapshot_block.hpp"

namespace weir::detail {

job_attempt::job_attempt(const graph& graph, execution_options options, const checkpoint_options& checkpoints, clock& clock,
                         storage& storage, snapshot_store* store, std::optional<restored_snapshot> restored,
                         std::unique_ptr<row_stores> stores)
    : restored_(std::move(restored)), stores_(std::move(stores)) {
  if (store != nullptr) options.checkpoints = &mailbox_.emplace();
  if (store != nullptr && options.memory.budget != 0) mailbox_->fit_into(options.memory.budget);
  options.holds_back_at_alignment = checkpoints.guarantee != delivery_guarantee::at_least_once;
  options.restored = restored_ ? &*restored_ : nullptr;
  options.stores = stores_.get();
  options.spill = spill_.emplace(storage, std::move(options.spill)).places();
  execution_.emplace(graph, std::move(options), clock, storage);
  if (store == nullptr) return;
  coordinator_.emplace(*store, storage, checkpoints, clock, *mailbox_);
  coordinator_->attach(*execution_, restored_ ? &*restored_ : nullptr);
}

void job_attempt::request_stop(stop_mode how) noexcept {
  if (how == stop_mode::drain) {
    if (coordinator_) {
      coordinator_->request_drain();
    } else {
      execution_->request_drain();
    }
    return;
  }
  execution_->request_stop();
  if (coordinator_) coordinator_->request_stop();
}

void job_attempt::request_savepoint(savepoint_request request) {
  if (coordinator_) return coordinator_->request_savepoint(std::move(request));
  request.done({}, fmt::format("job '{}': no savepoint was written to {}: the job takes no checkpoints; start it with "
                               "--checkpoint-dir DIRECTORY", execution_->description().name, request.directory));
}

void job_attempt::finish() noexcept {
  if (coordinator_ && !execution_->failed()) {
    try {
      coordinator_->finish();
    } catch (const std::exception& cause) {
      execution_->fail(cause.what());
    }
  }
  if (coordinator_) {
    coordinator_->refuse_savepoints(execution_->failed() ? "the job failed meanwhile; ask again if it is restarted"
                                                         : "the job has ended");
  }
  execution_->finish();
}

std::vector<std::string> job_attempt::notes() const {
  std::vector<std::string> all = execution_->notes();
  if (coordinator_) {
    for (std::string& note : coordinator_->notes()) all.push_back(std::move(note));
  }
  return all;
}

job_recovery::job_recovery(const graph& graph, const run_options& options, clock& clock, storage& storage)
    : graph_(graph), options_(options), clock_(clock), storage_(storage) {
  require_results_of_endless_input(graph, options.checkpoints);
  for (const auto& stage : graph_.stages) {
    for (const operator_info& operation : stage->operators) spills_ = spills_ || operation.spills;
  }
  if (options_.state.backend == state_backend::rocksdb) {
    require_row_store();
  } else if (spills_ && !options_.state.directory.empty()) {
    lock_state_directory();
  }
  if (options_.checkpoints.directory.empty()) {
    if (options_.restore == "latest") {
      throw error(fmt::format("job '{}': the latest checkpoint is to be restored, and nobody says where; add --checkpoint-dir "
                              "DIRECTORY, or name a snapshot with --restore DIRECTORY", graph.name));
    }
    if (!options_.restore.empty()) require_uids();
    return;
  }
  require_uids();
  require_states();
  require_replayable_sources();
  try {
    store_.emplace(storage, options_.checkpoints.directory, graph.name);
  } catch (const error& cause) {
    throw error(fmt::format("job '{}': {}", graph.name, cause.what()));
  }
  if (options_.restore.empty() && store_->newest()) {
    throw error(fmt::format("job '{}': {} holds checkpoints of an earlier run; go on from them with --restore latest, or "
                            "give another directory to begin anew", graph.name, options_.checkpoints.directory));
  }
}

void job_recovery::require_uids() const {
  for (const auto& stage : graph_.stages) {
    for (const operator_info& operation : stage->operators) {
      if (operation.in_memory_source && operation.uid.empty()) {
        throw error(fmt::format("job '{}': the source at {}:{} has no uid, so that its position cannot be kept in a "
                                "checkpoint; write from<\"uid\">(...)", graph_.name, operation.where.file_name(),
                                operation.where.line()));
      }
    }
  }
}

void job_recovery::require_states() const {
  for (const auto& stage : graph_.stages) {
    for (const operator_info& operation : stage->operators) {
      if (operation.table != nullptr && !operation.table->no_snapshot.empty()) {
        throw error(fmt::format("job '{}': the state of {} '{}' cannot be kept {}: {}", graph_.name, operation.kind,
                                operation.uid, options_.checkpoints.directory.empty() ? "in rocksdb" : "in a checkpoint",
                                operation.table->no_snapshot));
      }
    }
  }
}

void job_recovery::require_row_store() {
  const std::string& directory = options_.state.directory;
  if (directory.empty() && options_.checkpoints.directory.empty()) {
    throw error(fmt::format("job '{}': rocksdb keeps rows on disk and needs a place for them; add --checkpoint-dir "
                            "DIRECTORY, or --state-dir DIRECTORY", graph_.name));
  }
  if (options_.checkpoints.directory.empty()) require_states();
  if (!directory.empty()) lock_state_directory();
}

void job_recovery::lock_state_directory() {
  const std::string& directory = options_.state.directory;
  try {
    storage_.create_directories(directory);
    state_lock_ = storage_.lock(path_in(directory, "LOCK"));
  } catch (const error& cause) {
    throw error(fmt::format("job '{}': {}", graph_.name, cause.what()));
  }
}

/// What is spilled becomes part of checkpoints by a rename, so it lies with them.
spill_places job_recovery::make_spill_places() const {
  const std::string& checkpoints = options_.checkpoints.directory;
  const std::string& directory = checkpoints.empty() ? options_.state.directory : checkpoints;
  if (!spills_ || directory.empty()) return {};
  return {.spilled = path_in(directory, "spilled"),
          .shared = checkpoints.empty() ? std::string() : shared_directory(checkpoints)};
}

std::unique_ptr<row_stores> job_recovery::make_row_stores(const restored_snapshot* restored) const {
  const bool keeps = options_.state.backend == state_backend::rocksdb;
  const bool reads = restored != nullptr && restored->has_part(files_name);
  if (!keeps && !reads) return nullptr;
  if (linked_rocksdb() == nullptr) {
    throw error(fmt::format("job '{}': {} with rocksdb, but this program was built without it; add //state:rocksdb to "
                            "the deps of its target", graph_.name,
                            reads ? restored->directory() + " was taken" : std::string("its state is to be kept")));
  }
  const std::string& checkpoints = options_.checkpoints.directory;
  const std::string& directory = options_.state.directory;
  if (directory.empty() && checkpoints.empty()) {
    throw error(fmt::format("job '{}': {} was taken with rocksdb, whose tables need a place where they can be opened; add "
                            "--state-dir DIRECTORY, or --checkpoint-dir DIRECTORY", graph_.name, restored->directory()));
  }
  return linked_rocksdb()({.options = options_.state,
                           .working_directory = directory.empty() ? path_in(checkpoints, "working") : directory,
                           .checkpoint_directory = checkpoints});
}

void job_recovery::require_replayable_sources() const {
  if (options_.checkpoints.guarantee == delivery_guarantee::at_most_once) return;
  for (const auto& stage : graph_.stages) {
    for (const operator_info& operation : stage->operators) {
      if (operation.replayable) continue;
      throw error(fmt::format("job '{}': source '{}' ({}) cannot be read again after a failure, so that records would be "
                              "lost; read from a file, or accept it with --guarantee at_most_once", graph_.name,
                              operation.uid, operation.detail));
    }
  }
}

std::unique_ptr<job_attempt> job_recovery::next_attempt(execution_options options, bool avoid_newest) {
  std::optional<restored_snapshot> restored;
  const bool named = !options_.restore.empty() && options_.restore != "latest";
  const bool begins_named = std::exchange(first_, false) && named;
  if (begins_named) {
    before_ = store_ ? store_->newest().value_or(0) : 0;
    restored.emplace(storage_, options_.restore);
    if (store_) store_->continue_after(restored->manifest().id);
  } else if (store_) {
    if (avoid_newest && last_tried_ != 0) leave_out(last_tried_, "it was found damaged when the job was restored from it");
    restored = newest_readable();
    if (!restored && named) restored.emplace(storage_, options_.restore);
  }
  options.allow_duplicates = options_.allow_duplicates;
  options.spill = make_spill_places();
  for (;;) {
    if (restored) restored->fit(graph_, options_.allow_dropped_state);
    const bool is_newest = restored && store_ && restored->directory() == store_->directory_of(last_tried_);
    std::unique_ptr<row_stores> stores = make_row_stores(restored ? &*restored : nullptr);
    if ((stores || spills_) && store_) store_->expect_shared_files();
    try {
      return std::unique_ptr<job_attempt>(new job_attempt(graph_, options, options_.checkpoints, clock_, storage_,
                                                          store_ ? &*store_ : nullptr, std::move(restored),
                                                          std::move(stores)));
    } catch (const snapshot_damaged& cause) {
      if (!is_newest) throw;
      leave_out(last_tried_, cause.what());
    }
    restored = newest_readable();
  }
}

void job_recovery::leave_out(std::uint64_t id, const std::string& why) {
  damaged_.push_back(id);
  notes_.push_back(fmt::format("checkpoint {} is left out: {}", id, why));
}

/// What a damaged checkpoint says of results no longer holds once the job goes on from an older one, and damage may
/// come and go: nobody must take it up later.
void job_recovery::remove_damaged() {
  for (; !damaged_.empty(); damaged_.pop_back()) store_->remove(damaged_.back());
}

std::optional<restored_snapshot> job_recovery::newest_readable() {
  for (const std::uint64_t id : store_->complete()) {
    if (id <= before_) break;
    if (std::find(damaged_.begin(), damaged_.end(), id) != damaged_.end()) continue;
    try {
      restored_snapshot found(storage_, store_->directory_of(id));
      last_tried_ = id;
      remove_damaged();
      return found;
    } catch (const snapshot_damaged& cause) {
      leave_out(id, cause.what());
    }
  }
  if (damaged_.empty()) return std::nullopt;
  throw snapshot_damaged(fmt::format("job '{}': no checkpoint in {} can be read; restore a savepoint, or begin anew in another "
                                     "directory", graph_.name, options_.checkpoints.directory));
}

}  // namespace weir::detail
