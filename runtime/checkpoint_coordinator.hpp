#pragma once
// Decides when checkpoints are taken, gathers what the subtasks put in, writes it, publishes it, and then, never before,
// lets sinks make visible what it covers. It has no thread: whoever runs the job calls `step` on one thread of its own,
// the simulator whenever it likes.
// A savepoint is a second copy of a checkpoint, written at the same time: so what is visible is never ahead of the
// newest checkpoint, and a savepoint that fails harms neither the checkpoint nor the others.
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "weir/core/clock.hpp"
#include "weir/runtime/checkpoint_mailbox.hpp"
#include "weir/runtime/committer.hpp"
#include "weir/runtime/graph.hpp"
#include "weir/runtime/run_options.hpp"
#include "weir/runtime/savepoint.hpp"
#include "weir/state/snapshot_store.hpp"
#include "weir/state/snapshot_writer.hpp"

namespace weir::detail {

class job_execution;
class restored_snapshot;

/// What became of checkpoints so far.
struct checkpoint_figures {
  std::uint64_t completed = 0;
  std::uint64_t failed = 0;
  checkpoint_id last_completed = 0;
  std::uint64_t last_bytes = 0;
  std::chrono::nanoseconds last_duration{0};  ///< from the request to its publication
};

class checkpoint_coordinator {
 public:
  /// All of them outlive it.
  checkpoint_coordinator(snapshot_store& store, storage& storage, const checkpoint_options& options, clock& clock,
                         checkpoint_mailbox& mailbox);
  ~checkpoint_coordinator();
  checkpoint_coordinator(const checkpoint_coordinator&) = delete;
  checkpoint_coordinator& operator=(const checkpoint_coordinator&) = delete;

  /// Once, before anything runs: the subtasks whose shares make a checkpoint whole, built with the same mailbox, and what
  /// they were restored from (null: the job begins anew).
  void attach(job_execution& execution, const restored_snapshot* restored);

  /// Does one piece of work: takes in one message, writes one block, begins or publishes a checkpoint. Returns how long
  /// nothing will be due; zero: call again at once. What goes wrong with one checkpoint is a note and the next is
  /// tried; a commit that fails fails the job.
  std::chrono::nanoseconds step();

  /// Whether there is something to do now, for those who wait for it.
  bool has_work() const;

  /// Begins a checkpoint now, whatever the interval says; one that is under way is given up. Same thread as `step`.
  void begin_now();

  /// Whether a checkpoint is under way.
  bool is_busy() const noexcept { return pending_ != nullptr; }

  /// After every subtask has ended: publishes the last checkpoint and commits it. Throws weir::error if that fails, for
  /// then results cannot become visible.
  void finish();

  /// While it holds them back, complete checkpoints are not committed and nobody is told of them; the next one stands in
  /// for those before it. Letting go commits what waits. For the simulator. Same thread as `step`.
  void hold_completions(bool holds);

  /// Asks for a checkpoint behind which sources stop. Safe from any thread.
  void request_stop() noexcept;

  /// Asks sources to end as if all was read. From then on only the last checkpoint is taken: a restore from one between
  /// would find a part of the sources at their ends. Safe from any thread.
  void request_drain() noexcept;

  /// Asks for a savepoint. Several that wait are copies of one checkpoint. Safe from any thread.
  void request_savepoint(savepoint_request request);

  /// No savepoint can be taken any more: answers those that wait, and all to come, with `why`. After the last `step`.
  void refuse_savepoints(const std::string& why);

  checkpoint_figures figures() const;
  std::vector<std::string> notes() const;

 private:
  struct pending_checkpoint;
  struct savepoint_copy;

  void begin(bool stop, std::vector<savepoint_copy> copies);
  void begin_last(bool stop);
  bool begin_savepoints();
  std::vector<savepoint_copy> open_copies(std::deque<savepoint_request> requests);
  std::deque<savepoint_request> take_requests();
  bool has_requests() const;
  void begin_drain();
  void put_off();
  void answer(const savepoint_request& request, const std::string& cause) const;
  void finish_copies(pending_checkpoint& published);
  void take_in(checkpoint_message&& message);
  void take_in_finished(std::size_t subtask);
  void write(std::size_t subtask, std::size_t position, snapshot_block& block);
  void share_complete(std::size_t subtask);
  void publish();
  void complete_published();
  /// Whether all sinks could; if not, the job has failed.
  bool commit(const std::map<std::uint32_t, std::vector<prepared_part>>& prepared);
  void give_up(const std::string& why);
  void note_failure(checkpoint_id id, const std::string& why);

  snapshot_store& store_;
  storage& storage_;
  checkpoint_options options_;
  clock& clock_;
  checkpoint_mailbox& mailbox_;
  job_execution* execution_ = nullptr;
  std::vector<snapshot_operator> operators_;                // of the manifest
  std::vector<std::vector<std::uint32_t>> operator_index_;  // into them, by stage and position
  std::vector<std::optional<std::vector<checkpoint_message>>> finished_;  // by subtask: its share of every checkpoint
  std::vector<std::vector<checkpoint_message>> finishing_;  // by subtask: what it has put in of that so far
  std::unique_ptr<pending_checkpoint> pending_;
  std::unique_ptr<pending_checkpoint> published_;  // complete and not committed
  bool holds_completions_ = false;
  checkpoint_id last_begun_ = 0;
  std::chrono::nanoseconds next_due_;
  std::atomic<bool> stop_asked_{false};
  std::atomic<bool> drain_asked_{false};
  bool stop_begun_ = false;
  bool draining_ = false;
  std::vector<savepoint_copy> last_copies_;  // of the last checkpoint of a job that is drained
  mutable std::mutex mutex_;  // guards what other threads read
  std::deque<savepoint_request> requests_;
  std::string refused_;  // why no savepoint can be taken any more
  checkpoint_figures figures_;
  std::string last_failure_;
  std::vector<std::string> notes_;
};

}  // namespace weir::detail
