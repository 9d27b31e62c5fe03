#pragma once
// A slot: one thread's worth of a job. It steps its subtasks cooperatively, downstream stages first, flushes
// part-filled batches when there is nothing to do or they have waited long enough, and parks when all of them wait.
#include <chrono>
#include <vector>

#include "weir/runtime/job_execution.hpp"
#include "weir/runtime/parker.hpp"

namespace weir::detail {

class slot {
 public:
  slot(job_execution& execution, clock& clock, std::chrono::nanoseconds buffer_timeout, bool spin)
      : execution_(execution), clock_(clock), buffer_timeout_(buffer_timeout), spin_(spin) {}

  /// Subtasks in topological order.
  void add(running_subtask& subtask) { subtasks_.push_back(&subtask); }

  parker& own_parker() noexcept { return parker_; }

  /// Runs until all subtasks of this slot are done or the job has failed.
  void run();

 private:
  enum class round_result : std::uint8_t { progress, nothing, done };
  round_result step_all();
  void flush_all(flush_reason reason);
  void stop_all();
  void drain_all();
  bool anything_runnable() const;
  void wait(std::chrono::nanoseconds now);

  job_execution& execution_;
  clock& clock_;
  std::chrono::nanoseconds buffer_timeout_;
  bool spin_;
  bool stopped_ = false;
  bool drained_ = false;
  std::chrono::nanoseconds next_flush_{0};
  std::chrono::nanoseconds last_progress_{0};
  std::chrono::nanoseconds poll_pause_{0};
  std::vector<running_subtask*> subtasks_;
  parker parker_;
};

}  // namespace weir::detail
