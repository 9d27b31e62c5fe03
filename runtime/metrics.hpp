#pragma once
// Figures of a running job. The slot that owns a subtask adds to them once per batch; anyone may read them.
#include <algorithm>
#include <atomic>
#include <cstdint>
#include <vector>

#include "weir/core/timestamp.hpp"

namespace weir::detail {

/// A number that one thread adds to and others read.
class counter {
 public:
  [[gnu::always_inline]] void add(std::uint64_t amount) noexcept {
    value_.store(value_.load(std::memory_order_relaxed) + amount, std::memory_order_relaxed);
  }
  [[gnu::always_inline]] void set(std::uint64_t value) noexcept { value_.store(value, std::memory_order_relaxed); }
  void raise_to(std::uint64_t value) noexcept {
    if (value > get()) set(value);
  }
  [[gnu::always_inline]] std::uint64_t get() const noexcept { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<std::uint64_t> value_{0};
};

/// One operator of one subtask.
struct operator_metrics {
  counter records_in;
  counter records_out;
  counter late_records;       ///< event-time windows: records that no open window could take
  counter malformed_records;  ///< sources: records skipped or sent to the side output
  counter failed_refreshes;   ///< lookup joins: an older table stayed in use
  counter event_timers;       ///< registered now, over all keys
  counter processing_timers;  ///< the same
  counter open_entries;       ///< stateful operators: state entries still open when the job ended
  counter state_bytes;        ///< what its states take in memory, as of the last look
  counter spilled_bytes;      ///< written to disk, because what it holds is more than its share of the memory
  counter copied_bytes;       ///< of its states, given to the writer of checkpoints
  counter written_bytes;      ///< of these, taken up by it; the coordinator adds to this one
};

/// What the states of an operator take in memory, with copies of them that wait for the writer of a checkpoint.
inline std::uint64_t bytes_of_state(const operator_metrics& of) noexcept {
  const std::uint64_t written = of.written_bytes.get();  // follows the other, on another thread
  return of.state_bytes.get() + std::max(of.copied_bytes.get(), written) - written;
}

/// What a subtask did when last it was looked at, as far as it matters to event time.
enum class time_standing : std::uint8_t {
  working,        ///< it reads, or takes what its inputs bring
  waiting,        ///< a source with nothing to read just now
  paused,         ///< a source that is ahead of its alignment group
  unopened,       ///< a source whose watermark waits for files that nobody reads yet
  backpressured,  ///< its output is full
  idle,           ///< nobody waits for its watermark
  untimed,        ///< a source without event time: its only watermark is the final one
  ended
};

/// One subtask of one stage.
struct stage_metrics {
  counter batches_in;
  counter batches_out;
  counter bytes_in;
  counter bytes_out;
  counter spilled_batches;
  counter spilled_bytes;  ///< that wait now
  counter busy_ns;
  counter idle_ns;
  counter backpressured_ns;
  counter step_begun_ns;  ///< of the clock's monotonic time; 0 between steps
  counter checkpoint_pause_ns;  ///< the longest time for which a checkpoint kept it from its next batch
  std::atomic<std::int64_t> watermark{epoch_ms(min_timestamp)};
  counter watermark_at_ns;  ///< when it rose last, of the clock's monotonic time; 0 before
  std::atomic<time_standing> standing{time_standing::working};
  bool gives_time = false;  ///< it ends in assign_event_time, whose own watermark goes on; set before the start
  std::atomic<std::int64_t> given_watermark{epoch_ms(min_timestamp)};  ///< that one
  counter given_at_ns;
  counter split;           ///< of a source: number of the split that it reads, from 1; 0 where it reads none
  counter split_consumed;  ///< how far, in the split's units
  std::vector<operator_metrics> operators;

  /// The slot's own look at the clock is near enough.
  void reach(timestamp time) noexcept {
    watermark.store(epoch_ms(time), std::memory_order_relaxed);
    watermark_at_ns.set(step_begun_ns.get());
  }
  void give(timestamp time) noexcept {
    given_watermark.store(epoch_ms(time), std::memory_order_relaxed);
    given_at_ns.set(step_begun_ns.get());
  }
  void stand(time_standing now) noexcept { standing.store(now, std::memory_order_relaxed); }
  time_standing stands() const noexcept { return standing.load(std::memory_order_relaxed); }
};

}  // namespace weir::detail
