#pragma once
// One run of a job: its channels, its subtasks and their figures. It knows nothing of threads: an executor (slots,
// the driver, the simulator) steps the subtasks and reports how it ended.
#include <atomic>
#include <chrono>
#include <cstddef>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "weir/runtime/committer.hpp"
#include "weir/runtime/graph.hpp"
#include "weir/runtime/memory_budget.hpp"
#include "weir/runtime/memory_shares.hpp"
#include "weir/runtime/metrics.hpp"
#include "weir/runtime/split_assigner.hpp"
#include "weir/runtime/watermark_alignment.hpp"
#include "weir/runtime/watermark_explanation.hpp"
#include "weir/state/row_sorter.hpp"

namespace weir::detail {

/// What an executor decides about one channel: the simulator draws capacities at random.
using channel_shape = std::function<channel_config(std::size_t producer_slot, std::size_t consumer_slot,
                                                   std::size_t record_bytes)>;

struct execution_options {
  std::size_t slots = 1;
  channel_shape shape;
  std::size_t source_batch_records = 512;
  pre_aggregation pre_aggregate = pre_aggregation::automatic;
  checkpoint_mailbox* checkpoints = nullptr;     ///< null: none are taken; else it outlives the execution
  bool holds_back_at_alignment = true;           ///< false: at least once is enough
  bool restores_event_time = true;               ///< false: every operator begins at the lowest watermark
  const restored_snapshot* restored = nullptr;   ///< null: the job begins anew; else it outlives the execution
  row_stores* stores = nullptr;                  ///< null: none are needed; else it outlives the execution
  bool allow_duplicates = false;                 ///< sinks may add results to newer ones
  memory_shares memory{};                        ///< without a budget: it takes what it takes
  spill_places spill{};                          ///< for operators that can spill
};

/// One subtask with what belongs to it.
struct running_subtask {
  const stage* of = nullptr;
  std::size_t stage_index = 0;
  std::size_t index = 0;
  std::size_t slot = 0;
  subtask_context context;
  std::unique_ptr<subtask> task;
  bool empty = false;  ///< no record can reach it: its source subtasks have nothing to read
  std::vector<const running_subtask*> producers;  ///< by channel it consumes
  std::vector<channel*> reads;   ///< channels it consumes
  std::vector<channel*> writes;  ///< channels it produces
};

/// A step that has not ended.
struct running_step {
  std::string subtask;  ///< "job 'x', stage 'map', subtask 2 of 4"
  std::chrono::nanoseconds lasts{0};
};

class job_execution {
 public:
  /// Builds channels and subtasks; opens no file for reading yet, but lists inputs. Throws weir::error.
  job_execution(const graph& graph, execution_options options, clock& clock, storage& storage);
  ~job_execution();

  job_execution(const job_execution&) = delete;
  job_execution& operator=(const job_execution&) = delete;

  /// In topological order of their stages.
  std::deque<running_subtask>& subtasks() noexcept { return subtasks_; }
  std::size_t slots() const noexcept { return options_.slots; }
  const graph& description() const noexcept { return graph_; }

  /// Steps one subtask; an exception in it fails the job, with a message that names job, stage, operators and the
  /// position in the input. Returns `done` after a failure.
  step_status step(running_subtask& subtask) noexcept;

  /// Sends part-filled batches of one subtask; a sink that fails here fails the job as in `step`. Does nothing once the
  /// job has failed, so that nothing of a failed attempt goes out.
  void flush(running_subtask& subtask, flush_reason reason) noexcept;

  /// The first failure wins; none counts once the run is being finished. Safe from any thread.
  void fail(std::string message) noexcept;
  bool failed() const noexcept { return failed_.load(std::memory_order_acquire); }
  std::string failure() const;
  /// Whether what failed was the reading of a snapshot.
  bool found_damage() const noexcept { return found_damage_.load(std::memory_order_acquire); }
  /// Whether it failed because it takes more memory than it may: it would again.
  bool exceeded_memory() const noexcept { return exceeded_memory_.load(std::memory_order_acquire); }

  /// Asks for a stop: sources end their input without a final watermark. Safe from any thread and signal handlers.
  void request_stop() noexcept { stop_requested_.store(true, std::memory_order_release); }
  bool stop_requested() const noexcept { return stop_requested_.load(std::memory_order_acquire); }
  /// Asks sources to end as if all was read: with a final watermark. Safe from any thread.
  void request_drain() noexcept { drain_requested_.store(true, std::memory_order_release); }
  bool drain_requested() const noexcept { return drain_requested_.load(std::memory_order_acquire); }
  /// Whether the run has ended and a stop came before the end of its input.
  bool stopped() const noexcept { return stopped_.load(std::memory_order_acquire); }

  /// Ends the run after every subtask is done, or after a failure: destroys the subtasks, publishes or withdraws
  /// results. Call once, from one thread.
  void finish() noexcept;

  /// What the sinks registered when their subtasks were made.
  const std::vector<registered_committer>& committers() const noexcept { return committers_; }

  /// What sinks said at the end, one sentence each.
  std::vector<std::string> notes() const;

  /// Figures, by stage and subtask. Valid as long as the execution lives.
  const std::vector<std::deque<stage_metrics>>& metrics() const noexcept { return metrics_; }

  /// The step that has been running for longest; none between steps. Safe from any thread.
  std::optional<running_step> longest_step() const;

  /// For each stage how far its event time has come, and what holds it back. Safe from any thread.
  std::vector<event_time_report> explain_watermarks() const;

  /// Units of input consumed and in total over all sources; total is unlimited_split where unknown.
  std::pair<std::uint64_t, std::uint64_t> progress() const;

 private:
  void make_channels();
  void make_subtasks();
  void fail_in(const running_subtask& subtask) noexcept;
  void fail_for_memory() noexcept;
  std::string what_takes_memory() const;
  bool holds_what_could_spill() const;
  void set_failure(std::string message);
  std::string locate(std::size_t stage, std::size_t subtask) const;
  std::string locate(const running_subtask& subtask) const;

  const graph& graph_;
  execution_options options_;
  clock& clock_;
  storage& storage_;
  std::vector<std::deque<stage_metrics>> metrics_;
  std::optional<memory_budget> memory_;                     // outlives the subtasks
  alignment_groups alignment_;                              // this, too
  std::chrono::nanoseconds begun_;
  std::vector<std::vector<shared_operator_state>> shared_;  // by stage and operator
  std::vector<std::unique_ptr<channel>> channels_;
  std::deque<running_subtask> subtasks_;
  std::vector<std::size_t> first_subtask_;  // by stage
  std::vector<std::shared_ptr<job_listener>> listeners_;
  std::vector<registered_committer> committers_;
  std::vector<std::shared_ptr<split_assigner>> sources_;
  std::vector<const split_assigner*> splits_;  // by stage; null where it is no source
  std::atomic<bool> failed_{false};
  std::atomic<bool> found_damage_{false};
  std::atomic<bool> exceeded_memory_{false};
  std::atomic<bool> stop_requested_{false};
  std::atomic<bool> drain_requested_{false};
  std::atomic<bool> stopped_{false};
  mutable std::mutex mutex_;
  bool finishing_ = false;
  std::string failure_;
  std::vector<std::string> notes_;
};

}  // namespace weir::detail
