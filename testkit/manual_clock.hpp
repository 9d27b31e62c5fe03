#pragma once
// A clock that stands still until a test moves it; the driver, the harness and the simulator run on one.
#include <atomic>
#include <chrono>
#include <cstdint>

#include "weir/core/clock.hpp"

namespace weir::testing {

/// Both times start at `start` and 0 and advance together, by hand only. May be read from several threads.
class manual_clock final : public clock {
 public:
  explicit manual_clock(processing_clock::time_point start = {}) : start_(start) {}

  /// Throws weir::error for a negative duration: time does not go back.
  void advance(std::chrono::nanoseconds by);

  processing_clock::time_point now() const override;
  std::chrono::nanoseconds monotonic() const override;

 private:
  processing_clock::time_point start_;
  std::atomic<std::int64_t> elapsed_ns_{0};
};

}  // namespace weir::testing
