#include "weir/runtime/restart_strategy.hpp"

#include <algorithm>

namespace weir::detail {

std::optional<std::chrono::milliseconds> restart_strategy::next_delay(std::chrono::nanoseconds now) {
  switch (options_.strategy) {
    case restart_kind::none:
      return std::nullopt;
    case restart_kind::fixed_delay:
      if (++failures_ > options_.attempts) return std::nullopt;
      return options_.delay;
    case restart_kind::exponential_backoff: {
      const bool calm = failures_ > 0 && now - last_failure_ > options_.calm_after + backoff_;
      if (failures_ == 0 || calm) {
        failures_ = 0;
        backoff_ = options_.delay;
      } else {
        backoff_ = std::min(2 * backoff_, options_.delay_max);
      }
      last_failure_ = now;
      if (++failures_ > options_.attempts) return std::nullopt;
      return backoff_;
    }
    case restart_kind::failure_rate:
      recent_.push_back(now);
      while (now - recent_.front() > options_.rate_interval) recent_.pop_front();
      if (recent_.size() > options_.attempts) return std::nullopt;
      return options_.delay;
  }
  return std::nullopt;
}

}  // namespace weir::detail
