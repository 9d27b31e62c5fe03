#pragma once
// Runs a whole job on the calling thread, step by step, with a clock moved by hand and a disk in memory. Every run of
// the same job is the same. `dataflow_driver driver(my_job, {.slots = 2}); driver.run();`
#include <cstddef>
#include <memory>

#include "weir/core/storage.hpp"
#include "weir/dsl/job.hpp"
#include "weir/state/state_options.hpp"
#include "weir/testkit/manual_clock.hpp"

namespace weir::detail {
class job_execution;
}

namespace weir::testing {

struct driver_options {
  std::size_t slots = 1;
  std::size_t batch_records = 512;
  std::size_t channel_capacity = 8;
  weir::storage* storage = nullptr;  ///< must outlive the driver; null: a memory_storage of the driver's own
  bool snapshots = false;            ///< whether snapshot_restore may be called
  /// Where keyed state is kept. rocksdb needs a `storage` that is a real disk, and a directory on it: snapshots go to
  /// `state.directory`/snapshots.
  state_options state{};
  std::size_t memory = 0;  ///< as in run_options
};

/// Steps the subtasks of a job in turn, downstream stages first, as a slot does. One thread.
/// A failure of the job is thrown as weir::error by the call during which it happens; after that the job has ended.
class dataflow_driver {
 public:
  /// Throws weir::error for a job that cannot run so, or whose input cannot be listed.
  explicit dataflow_driver(const job& job, const driver_options& options = {});
  ~dataflow_driver();
  dataflow_driver(dataflow_driver&&) noexcept;
  dataflow_driver& operator=(dataflow_driver&&) noexcept;

  /// One round: every subtask does at most about one batch of work. True if any of them did some.
  bool step();

  /// Rounds, and flushes of part-filled batches, until no subtask can do anything at this time of the clock. Does not
  /// return for an endless source that never waits.
  void run_until_idle();

  /// Runs to the end of all inputs; the clock advances by a millisecond whenever every subtask waits. Throws
  /// weir::error if the job stalls: nothing is done and no source waits for input.
  job_report run();

  /// Sources end their input now, without a final watermark; run on to drain what is in flight.
  void stop();

  /// Takes a snapshot of everything, throws the operators away, and restores new ones from it, in `slots` slots (0: in as
  /// many as before). As in Flink's harness event time begins anew: every operator is at the lowest watermark. Throws
  /// weir::error for state that cannot be part of a snapshot.
  void snapshot_restore(std::size_t slots = 0);

  /// Where state is kept from the next snapshot_restore on. Requires `state.directory` in the options.
  void keep_state_in(state_backend backend) noexcept;

  /// Whether every subtask has ended. Results are published by then.
  bool done() const noexcept;

  manual_clock& clock() noexcept;
  weir::storage& storage() noexcept;

  /// The figures so far.
  job_report report() const;

  /// For tests of the runtime.
  detail::job_execution& execution() noexcept;

 private:
  struct state;
  std::unique_ptr<state> state_;
};

}  // namespace weir::testing
