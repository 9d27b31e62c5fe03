#pragma once
// What an operator is to the runtime. Operators are small value types that do not know their successors: they get a
// record and an emitter. A stage drives watermarks, flushing and the end of input, so an operator cannot forget to
// forward one. Only `process` is required; the other members are called where they exist.
//
//   void process(Record&& record, Out& out)      one record; emit with out(value) or out.at(value, time)
//   void open(operator_context&)                 once per subtask, before any record
//   void before_batch(Batch&, from, to)          the records [from, to) come next (first operator of a stage only)
//   auto batch_local()                           what the batch loop works on instead of the operator (see chain.hpp)
//   void absorb(local&, std::uint64_t in)        takes counters back from batch_local() after a batch of `in`
//   std::uint64_t emitted(std::uint64_t in, local&)  records out of a batch of `in`; default: as many as came in
//   advance_result on_watermark(timestamp, Out&) event time has advanced; emits, and may yield when out.full()
//   void on_stop()                               input was stopped before its end: account for open state
//   processing_clock::time_point next_processing_timer()            when on_processing_time is wanted
//   advance_result on_processing_time(processing_clock::time_point, Out&)   as on_watermark
//
// An operator with state also has some of (see subtask_snapshot.hpp)
//   void begin_snapshot(const operator_snapshot&)   puts in small state, begins to copy tables
//   bool snapshot_slice(const operator_snapshot&)   copies some 64 KiB; true when all is copied
//   void abandon_snapshot()                         the copy is not wanted any more
//   void finish_snapshot(const operator_snapshot&)  after the last record: small state for all later checkpoints
//   void restore(const operator_restore&)           after open, before any record
//   std::size_t state_bytes(const memory_look&)     what its state takes in memory; after each step (see subtask_memory.hpp)
//
// The last operator of a stage (its terminal: an exchange writer, a sink, a branch) also has
//   bool ready()                                 whether a batch of input may be taken
//   bool spilling()                              whether no further record should be taken just now
//   void mark(mark_kind, timestamp)              control that goes downstream after the records so far
//   bool flush(flush_reason)                     sends what is buffered; false: no room, call again
//   void close()                                 end of input reached and flushed
#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "weir/core/clock.hpp"
#include "weir/core/storage.hpp"
#include "weir/runtime/batch.hpp"
#include "weir/runtime/channel.hpp"
#include "weir/runtime/committer.hpp"
#include "weir/runtime/metrics.hpp"
#include "weir/runtime/run_options.hpp"

namespace weir::detail {

enum class flush_reason : std::uint8_t {
  idle,     ///< nothing to do: send part-filled batches to consumers that wait
  timeout,  ///< the buffer timeout is over: send part-filled batches
  end       ///< end of input: everything must go
};

/// What an operator did with a watermark.
struct advance_result {
  bool done = true;           ///< false: outputs are full, or the step is long enough; call again with the same watermark
  std::uint64_t emitted = 0;  ///< records that this call emitted
};

/// How many results an operator emits in one call of on_watermark before it yields: a step stays short, so that a
/// checkpoint, a stop and what else waits for its end need not wait for millions of results.
inline constexpr std::size_t results_per_step_max = 8192;
/// How many entries that it does not need any more it destroys in one call: each is several times cheaper than a result.
inline constexpr std::size_t cleared_per_step_max = 2 * results_per_step_max;

/// How a job ended, as its sinks see it.
enum class job_outcome : std::uint8_t {
  finished,  ///< all input was read: results become visible
  stopped,   ///< stopped before the end of input
  failed     ///< nothing of an unfinished result may become visible
};

/// Something that acts once when the whole job has ended, such as the publication of a result file.
class job_listener {
 public:
  virtual ~job_listener() = default;
  /// Called on one thread, after every subtask is done. May throw weir::error: the job then fails.
  /// Returns what the user should know, or an empty string.
  virtual std::string job_ended(job_outcome outcome) = 0;
};

/// State that the subtasks of one operator share within one run, such as the list of input splits.
class shared_operator_state {
 public:
  /// The object that `make` builds for the first caller of this run.
  template <class State, class Make>
  std::shared_ptr<State> get(Make&& make) {
    if (!state_) state_ = std::static_pointer_cast<void>(std::shared_ptr<State>(make()));
    return std::static_pointer_cast<State>(state_);
  }

 private:
  std::shared_ptr<void> state_;
};

struct stage;
class checkpoint_mailbox;
class restored_snapshot;
class row_stores;
struct spill_places;
class memory_budget;
class alignment_groups;

/// Everything a subtask needs from its surroundings; the same for slots, the driver and the simulator.
struct subtask_context {
  std::string_view job_name;
  const stage* of = nullptr;
  std::size_t subtask = 0;      ///< index of this parallel instance
  std::size_t parallelism = 1;  ///< number of parallel instances of the stage
  std::size_t batch_records = 512;
  pre_aggregation pre_aggregate = pre_aggregation::automatic;
  weir::clock* clock = nullptr;
  weir::storage* storage = nullptr;
  stage_metrics* metrics = nullptr;
  std::vector<channel*> inputs;                             ///< one per producing subtask of every input edge
  std::vector<bool> inputs_empty;                                ///< of them, those that will carry no record
  std::vector<std::vector<std::vector<channel*>>> outputs;  ///< by port, edge and target subtask
  std::vector<shared_operator_state>* shared = nullptr;          ///< by operator of the stage
  std::function<void(std::shared_ptr<job_listener>)> add_listener;
  std::function<void(registered_committer)> add_committer;
  checkpoint_mailbox* checkpoints = nullptr;      ///< null: none are taken
  std::size_t subtask_of_job = 0;                 ///< counted over all stages
  bool holds_back_at_alignment = true;            ///< false: at least once is enough
  bool restores_event_time = true;                ///< false: every operator begins at the lowest watermark
  const restored_snapshot* restored = nullptr;    ///< null: the job begins anew
  row_stores* stores = nullptr;                   ///< null: rows are kept on the heap and were when it was taken
  memory_budget* memory = nullptr;                ///< null: there is none
  const spill_places* spill = nullptr;            ///< outlives the subtask
  bool allow_duplicates = false;                  ///< sinks may add results to newer ones
  alignment_groups* alignment = nullptr;          ///< of the sources of this run; outlives the subtasks
};

/// What one operator of a subtask sees of it.
struct operator_context {
  subtask_context& subtask;
  operator_metrics& metrics;
  shared_operator_state& shared;
  std::size_t position = 0;  ///< of the operator in its stage
};

}  // namespace weir::detail
