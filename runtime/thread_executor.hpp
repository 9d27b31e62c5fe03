#pragma once
// The executor of a real run: one thread per slot, and one for checkpoints where they are taken.
#include <chrono>
#include <cstddef>
#include <functional>

#include "weir/runtime/executor.hpp"

namespace weir::detail {

class thread_executor final : public executor {
 public:
  /// `watch` is called on the calling thread about every 50 ms while slots run, and once after the last has ended.
  thread_executor(clock& clock, std::chrono::nanoseconds buffer_timeout, std::function<void()> watch)
      : clock_(clock), buffer_timeout_(buffer_timeout), watch_(std::move(watch)) {}

  void run(job_attempt& attempt) override;

 private:
  clock& clock_;
  std::chrono::nanoseconds buffer_timeout_;
  std::function<void()> watch_;
};

/// Cores that this process may use.
std::size_t usable_cores();

}  // namespace weir::detail
