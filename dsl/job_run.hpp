#pragma once
// Running a job with the real clock, threads and disk; shared by `job` and the command line.
#include <chrono>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "weir/dsl/job.hpp"
#include "weir/dsl/job_control.hpp"
#include "weir/runtime/job_attempt.hpp"
#include "weir/runtime/memory_shares.hpp"
#include "weir/runtime/restart_strategy.hpp"

namespace weir::detail {

/// Slots that the options ask for: 0 means one per usable core, but no more than there are key groups.
std::size_t slots_of(const run_options& options);
execution_options options_of(const run_options& options);
/// Throws weir::error for options that make no sense.
void check_options(const std::string& job, const run_options& options);
job_report make_report(const job_execution& execution);

/// Runs a job to its end in threads, over the failures that its restart strategy allows.
class threaded_run final : public job_control {
 public:
  /// Opens everything; nothing runs yet. Throws weir::error.
  threaded_run(const graph& graph, const run_options& options, clock& clock, storage& storage);

  /// Returns when the job has ended. `watch` is called about every 50 ms, without a lock held, also between attempts.
  void run(const std::function<void(threaded_run&)>& watch);

  /// Safe from any thread, and while `run` runs.
  void request_stop(stop_mode how = stop_mode::keep_open) noexcept override;
  void cancel(const std::string& why) noexcept override;
  void request_savepoint(savepoint_request request) override;
  const std::string& name() const override { return graph_.name; }
  std::string state() const override;
  bool failed() const;
  std::string failure() const;
  /// With the time since this was made, or until the job ended.
  job_report report() const override;
  /// What `look(const job_execution&)` makes of the present attempt.
  template <class Look>
  auto look(Look&& look) const {
    const std::lock_guard lock(mutex_);
    return look(std::as_const(attempt_->execution()));
  }

 private:
  void begin_attempt(bool avoid_newest);
  void attempt_until_done(const std::function<void(threaded_run&)>& watch);
  bool restart(const std::function<void(threaded_run&)>& watch);
  bool wait(std::chrono::milliseconds delay, const std::function<void(threaded_run&)>& watch);

  const graph& graph_;
  run_options options_;
  memory_shares memory_;
  clock& clock_;
  std::chrono::nanoseconds begun_;
  job_recovery recovery_;
  restart_strategy restarts_;
  mutable std::mutex mutex_;  // guards what follows
  std::unique_ptr<job_attempt> attempt_;
  std::optional<stop_mode> stop_requested_;
  bool restarting_ = false;
  std::optional<std::chrono::nanoseconds> duration_;  // once the job has ended
  std::string cancelled_;
  std::vector<std::string> restart_notes_;
  std::string failure_;  // between attempts; an attempt has its own
  parker pause_;
};

/// Runs to the end; `watch` as above. Throws weir::error if the job fails.
job_report run_to_end(const graph& graph, const run_options& options,
                      const std::function<void(threaded_run&)>& watch);

}  // namespace weir::detail
