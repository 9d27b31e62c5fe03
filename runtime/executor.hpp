#pragma once
// An executor steps the subtasks of one execution until all are done. The simulator and the driver are executors too.
#include "weir/runtime/job_execution.hpp"

namespace weir::detail {

class executor {
 public:
  virtual ~executor() = default;
  /// Returns when every subtask is done or the job has failed; then the execution may be finished.
  virtual void run(job_execution& execution) = 0;
};

}  // namespace weir::detail
