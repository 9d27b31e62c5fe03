#pragma once
// An executor steps the subtasks of one attempt until all are done, and its checkpoint coordinator beside them. The
// simulator and the driver are executors too.
#include "weir/runtime/job_attempt.hpp"

namespace weir::detail {

class executor {
 public:
  virtual ~executor() = default;
  /// Returns when every subtask is done or the job has failed; then the attempt may be finished.
  virtual void run(job_attempt& attempt) = 0;
};

}  // namespace weir::detail
