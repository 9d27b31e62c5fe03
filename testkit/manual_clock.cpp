#include "weir/testkit/manual_clock.hpp"

#include <fmt/format.h>

#include "weir/core/error.hpp"

namespace weir::testing {

void manual_clock::advance(std::chrono::nanoseconds by) {
  if (by.count() < 0) {
    throw error(
        fmt::format("manual_clock: advance({} ns) would go back in time; give a positive duration", by.count()));
  }
  elapsed_ns_.fetch_add(by.count(), std::memory_order_relaxed);
}

processing_clock::time_point manual_clock::now() const {
  return start_ + std::chrono::duration_cast<processing_clock::duration>(monotonic());
}

std::chrono::nanoseconds manual_clock::monotonic() const {
  return std::chrono::nanoseconds{elapsed_ns_.load(std::memory_order_relaxed)};
}

}  // namespace weir::testing
