#pragma once
// One parallel instance of a stage, as its slot sees it: something to step.
#include <cstdint>
#include <string>

#include "weir/runtime/operator.hpp"

namespace weir::detail {

enum class step_status : std::uint8_t {
  progress,       ///< did work: step again
  idle,           ///< nothing to read, nothing to do
  backpressured,  ///< an output is full
  done            ///< finished, everything handed over
};

/// Scheduling contract: one thread at a time calls the members of a subtask. `step` never blocks and does at most
/// about one batch of work.
class subtask {
 public:
  virtual ~subtask() = default;

  virtual step_status step() = 0;

  /// Sends part-filled batches downstream: when the slot has nothing to do, to consumers that wait; at the buffer
  /// timeout, to all.
  virtual void flush(flush_reason reason) = 0;

  /// Whether part-filled batches wait for company.
  virtual bool holds_output() = 0;

  /// Whether `step` could do something now; looked at just before a slot goes to sleep.
  virtual bool runnable() = 0;

  /// Whether input may appear without a notification, so that the slot must look again by itself.
  virtual bool polls() const { return false; }

  /// False for a source that has nothing to read from the start.
  virtual bool has_input() const { return true; }

  /// Asks a source to end its input now; others are not concerned.
  virtual void stop() {}

  /// Asks a source to end its input now as if it had read all of it; others are not concerned.
  virtual void drain() {}

  /// Whether `stop` or `drain` came before the end of its input.
  virtual bool stopped() const { return false; }

  /// When `step` should be called although nothing has come: the next processing-time timer.
  virtual processing_clock::time_point next_timer() { return processing_clock::time_point::max(); }

  /// What the subtask was reading, for messages: "flights.jsonl, line 7"; empty where unknown.
  virtual std::string position() const { return {}; }

  /// Whether it begins with records of its own, those of a snapshot: they come also where its input has none.
  virtual bool holds_records() { return false; }

  /// Whom to wake when `step` could do something because of a thread that is no slot; null: nobody sleeps any more.
  virtual void set_waker(parker*) {}
};

}  // namespace weir::detail
