#pragma once
// Whether and when a failed job is tried again, from its last complete checkpoint and inside the same process. The four
// strategies and their defaults are Flink's.
#include <chrono>
#include <deque>
#include <optional>

#include "weir/runtime/run_options.hpp"

namespace weir::detail {

class restart_strategy {
 public:
  explicit restart_strategy(const restart_options& options) : options_(options) {}

  /// A failure has happened at `now`, of any monotonic clock: how long to wait before the next attempt; none: give up.
  std::optional<std::chrono::milliseconds> next_delay(std::chrono::nanoseconds now);

 private:
  restart_options options_;
  std::size_t failures_ = 0;
  std::chrono::milliseconds backoff_{0};
  std::chrono::nanoseconds last_failure_{0};
  std::deque<std::chrono::nanoseconds> recent_;
};

}  // namespace weir::detail
