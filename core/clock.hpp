#pragma once
// The only way to read time: tests and the simulator replace it.
#include <chrono>

#include "weir/core/timestamp.hpp"

namespace weir {

/// A source of time. Implementations may be called from every slot at once.
class clock {
 public:
  virtual ~clock() = default;

  /// Wall-clock time, in milliseconds.
  virtual processing_clock::time_point now() const = 0;

  /// Monotonic time for measuring and for timeouts; its epoch means nothing.
  virtual std::chrono::nanoseconds monotonic() const = 0;
};

}  // namespace weir
