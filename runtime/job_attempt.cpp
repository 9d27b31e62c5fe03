#include "weir/runtime/job_attempt.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <exception>
#include <utility>

#include "weir/core/error.hpp"
#include "weir/state/shared_files.hpp"

namespace weir::detail {

job_attempt::job_attempt(const graph& graph, execution_options options, const checkpoint_options& checkpoints, clock& clock,
                         storage& storage, snapshot_store* store, std::optional<restored_snapshot> restored,
                         std::unique_ptr<row_stores> stores)
    : restored_(std::move(restored)), stores_(std::move(stores)) {
  if (store != nullptr) options.checkpoints = &mailbox_.emplace();
  options.holds_back_at_alignment = checkpoints.guarantee == delivery_guarantee::exactly_once;
  options.restored = restored_ ? &*restored_ : nullptr;
  options.stores = stores_.get();
  execution_.emplace(graph, std::move(options), clock, storage);
  if (store == nullptr) return;
  coordinator_.emplace(*store, storage, checkpoints, clock, *mailbox_);
  coordinator_->attach(*execution_, restored_ ? &*restored_ : nullptr);
}

void job_attempt::request_stop() noexcept {
  execution_->request_stop();
  if (coordinator_) coordinator_->request_stop();
}

void job_attempt::finish() noexcept {
  if (coordinator_ && !execution_->failed()) {
    try {
      coordinator_->finish();
    } catch (const std::exception& cause) {
      execution_->fail(cause.what());
    }
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
  if (options_.state.backend == state_backend::rocksdb) require_row_store();
  if (options_.checkpoints.directory.empty()) {
    if (!options_.restore.empty()) {
      throw error(fmt::format("job '{}': a job that is restored keeps checkpoints of its own; add --checkpoint-dir DIRECTORY",
                              graph.name));
    }
    return;
  }
  require_uids();
  require_states();
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
  if (directory.empty()) return;
  try {
    storage_.create_directories(directory);
    state_lock_ = storage_.lock(path_in(directory, "LOCK"));
  } catch (const error& cause) {
    throw error(fmt::format("job '{}': {}", graph_.name, cause.what()));
  }
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
  return linked_rocksdb()({.options = options_.state,
                           .working_directory = directory.empty() ? path_in(checkpoints, "working") : directory,
                           .checkpoint_directory = checkpoints});
}

std::unique_ptr<job_attempt> job_recovery::next_attempt(execution_options options, bool avoid_newest) {
  std::optional<restored_snapshot> restored;
  const bool named = !options_.restore.empty() && options_.restore != "latest";
  const bool begins_named = std::exchange(first_, false) && named;
  if (begins_named) {
    restored.emplace(storage_, options_.restore);
    if (store_) store_->continue_after(restored->manifest().id);
  } else if (store_) {
    restored = newest_readable(avoid_newest);
    if (!restored && named) restored.emplace(storage_, options_.restore);
  }
  if (restored) restored->check(graph_, options_.allow_dropped_state);
  std::unique_ptr<row_stores> stores = make_row_stores(restored ? &*restored : nullptr);
  if (stores && store_) store_->expect_shared_files();
  return std::unique_ptr<job_attempt>(new job_attempt(graph_, std::move(options), options_.checkpoints, clock_, storage_,
                                                      store_ ? &*store_ : nullptr, std::move(restored),
                                                      std::move(stores)));
}

std::optional<restored_snapshot> job_recovery::newest_readable(bool avoid_newest) {
  if (avoid_newest && last_tried_ != 0) damaged_.push_back(last_tried_);
  for (const std::uint64_t id : store_->complete()) {
    if (std::find(damaged_.begin(), damaged_.end(), id) != damaged_.end()) continue;
    try {
      restored_snapshot found(storage_, store_->directory_of(id));
      last_tried_ = id;
      return found;
    } catch (const snapshot_damaged& cause) {
      damaged_.push_back(id);
      notes_.push_back(fmt::format("checkpoint {} is left out: {}", id, cause.what()));
    }
  }
  if (damaged_.empty()) return std::nullopt;
  throw error(fmt::format("job '{}': no checkpoint in {} can be read; restore a savepoint, or begin anew in another "
                          "directory", graph_.name, options_.checkpoints.directory));
}

}  // namespace weir::detail
