#pragma once
// A job over its failures: what it keeps (the checkpoint directory, what to go on from) and one attempt to run it to its
// end. Threads and the simulator drive attempts alike.
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "weir/runtime/checkpoint_coordinator.hpp"
#include "weir/runtime/checkpoint_mailbox.hpp"
#include "weir/runtime/job_execution.hpp"
#include "weir/runtime/restored_snapshot.hpp"
#include "weir/state/row_store.hpp"
#include "weir/state/snapshot_store.hpp"

namespace weir::detail {

/// One attempt. Without a checkpoint directory there is nothing but the execution.
class job_attempt {
 public:
  job_execution& execution() noexcept { return *execution_; }
  /// Both are null where no checkpoints are taken.
  checkpoint_coordinator* coordinator() noexcept { return coordinator_ ? &*coordinator_ : nullptr; }
  checkpoint_mailbox* mailbox() noexcept { return mailbox_ ? &*mailbox_ : nullptr; }

  /// Sources end: behind the barrier of a last checkpoint where checkpoints are taken. Safe from any thread.
  void request_stop(stop_mode how = stop_mode::keep_open) noexcept;

  /// Safe from any thread.
  void request_savepoint(savepoint_request request);

  /// Before anything runs: subtasks that are restored may have helpers.
  void help_with(helper_starter start) noexcept {
    if (restored_) restored_->read_ahead_with(start);
  }

  /// After the executor has returned: takes the last checkpoint, makes results visible, destroys the subtasks.
  void finish() noexcept;

  /// The snapshot that it goes on from; null: it begins anew.
  const restored_snapshot* restored() const noexcept { return restored_ ? &*restored_ : nullptr; }

  /// Whether the attempt failed because a snapshot could not be read.
  bool found_damage() const noexcept { return execution_->found_damage(); }

  /// Whether another one would fail like this: the job takes more memory than it may.
  bool is_final() const noexcept { return execution_->exceeded_memory(); }

  /// What the user should know, one sentence each.
  std::vector<std::string> notes() const;

 private:
  friend class job_recovery;
  job_attempt(const graph& graph, execution_options options, const checkpoint_options& checkpoints, clock& clock,
              storage& storage, snapshot_store* store, std::optional<restored_snapshot> restored,
              std::unique_ptr<row_stores> stores);

  std::optional<spill_room> spill_;
  std::optional<checkpoint_mailbox> mailbox_;
  std::optional<restored_snapshot> restored_;
  std::unique_ptr<row_stores> stores_;  // null: rows are kept on the heap
  std::optional<job_execution> execution_;
  std::optional<checkpoint_coordinator> coordinator_;
};

class job_recovery {
 public:
  /// Takes the checkpoint directory for this job and looks for what to restore. Throws weir::error: it is in use, it
  /// holds checkpoints that nobody asked to go on from, there is no such snapshot, it does not fit.
  /// All of them outlive it.
  job_recovery(const graph& graph, const run_options& options, clock& clock, storage& storage);

  /// Whether a failed attempt can be followed by another.
  bool can_go_on() const noexcept { return store_.has_value(); }

  /// An attempt that goes on from the newest complete checkpoint, at first from what the options name. `avoid_newest`
  /// after one that found damage: the one before is taken, and the damaged one removed. Throws weir::error, after which
  /// it may be asked again, and snapshot_damaged if nothing is left to go on from.
  std::unique_ptr<job_attempt> next_attempt(execution_options options, bool avoid_newest = false);

  /// The job has ended: others may have the checkpoint directory. No attempt is made after this.
  void release() noexcept {
    store_.reset();
    state_lock_.reset();
  }

  /// What the user should know, one sentence each.
  const std::vector<std::string>& notes() const noexcept { return notes_; }

 private:
  std::optional<restored_snapshot> newest_readable();
  void leave_out(std::uint64_t id, const std::string& why);
  void remove_damaged();
  void require_uids() const;
  void require_states() const;
  void require_row_store();
  void lock_state_directory();
  spill_places make_spill_places() const;
  std::unique_ptr<row_stores> make_row_stores(const restored_snapshot* restored) const;
  void require_replayable_sources() const;

  const graph& graph_;
  const run_options& options_;
  clock& clock_;
  storage& storage_;
  std::optional<snapshot_store> store_;
  bool spills_ = false;                       // some operator can
  std::unique_ptr<storage_lock> state_lock_;  // of a directory for state that the options name
  std::vector<std::uint64_t> damaged_;
  std::uint64_t last_tried_ = 0;
  bool first_ = true;
  std::uint64_t before_ = 0;  // checkpoints up to this one lie on another course than the named snapshot
  std::vector<std::string> notes_;
};

}  // namespace weir::detail
