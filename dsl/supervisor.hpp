#pragma once
// `--supervise`: a parent process that starts the job again when its process has died, and kills it first when one of
// its subtasks is stuck. The parent runs nothing of the job; it executes the same program with the same arguments, and
// an environment variable tells the child that it is one. The child says over a pipe that it lives and which step
// lasts.
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <thread>

#include "weir/core/clock.hpp"
#include "weir/core/storage.hpp"
#include "weir/dsl/job_run.hpp"
#include "weir/runtime/run_options.hpp"

namespace weir::detail {

struct supervisor_options {
  restart_options restart{};                 ///< none: as exponential_backoff
  std::chrono::milliseconds stuck_after{0};  ///< 0: a step may take as long as it likes
  std::string checkpoint_directory{};
};

/// Runs the program until its process ends by itself, and returns the exit status of that; 128 + signal once the limit
/// of restarts is reached. A process that a signal has ended is started again: as the user said until it has completed
/// a checkpoint of its own, then with `--restore latest`. SIGINT, SIGTERM and SIGUSR1 are passed on, and nothing is restarted
/// after one. Call it while the process has one thread.
int supervise(const std::string& job, char** arguments, const supervisor_options& options, const clock& clock,
              storage& disk);

/// What a supervised process is told.
struct supervised_process {
  int heartbeat = -1;     ///< descriptor to write to
  std::string restore{};  ///< what to restore instead of what the user said; empty: as the user said
};

/// Whether this process is one. Takes the variable out of the environment, so that it is not inherited further.
std::optional<supervised_process> take_supervision();

/// Tells the supervisor about every 50 ms that the process lives, and which step lasts longest, until it is destroyed.
class heartbeat {
 public:
  heartbeat(int descriptor, const threaded_run& job);
  ~heartbeat();
  heartbeat(const heartbeat&) = delete;
  heartbeat& operator=(const heartbeat&) = delete;

 private:
  void beat(const threaded_run& job) const;

  int descriptor_;
  std::mutex mutex_;
  std::condition_variable_any ended_;
  std::jthread thread_;
};

}  // namespace weir::detail
