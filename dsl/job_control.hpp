#pragma once
// What others than its own program may ask of a running job: the command line, and the target //web over HTTP.
#include <optional>
#include <string>

#include "weir/dsl/job.hpp"
#include "weir/runtime/savepoint.hpp"

namespace weir::detail {

/// Safe from any thread.
class job_control {
 public:
  virtual ~job_control() = default;

  virtual const std::string& name() const = 0;
  /// "running", "restarting", "stopping", "stopped", "finished" or "failed".
  virtual std::string state() const = 0;
  /// The figures so far.
  virtual job_report report() const = 0;
  /// The first one counts.
  virtual void request_stop(stop_mode how) noexcept = 0;
  /// The job fails with `why`, a sentence.
  virtual void cancel(const std::string& why) noexcept = 0;
  virtual void request_savepoint(savepoint_request request) = 0;
};

/// Asks for a savepoint and waits for it. Throws weir::error with the sentence that says why there is none.
savepoint_report take_savepoint(job_control& job, const std::string& directory, std::optional<stop_mode> stop);

}  // namespace weir::detail
