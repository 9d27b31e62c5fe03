#pragma once
// When a subtask fires its operators' processing-time timers: between batches, and once for each millisecond of the clock.
// So a timer that is registered for a time that has passed fires with the next one, as in Flink's harness.
#include "weir/core/timestamp.hpp"
#include "weir/runtime/any_chain.hpp"

namespace weir::detail {

class processing_timers {
 public:
  /// Returns whether it called any.
  bool fire(any_chain& chain, processing_clock::time_point now) {
    if (now == looked_at_ && !firing_) return false;
    looked_at_ = now;
    if (!firing_ && chain.next_processing_timer() > now) return false;
    firing_ = !chain.advance_processing_time(now);
    return true;
  }

 private:
  processing_clock::time_point looked_at_ = processing_clock::time_point::min();
  bool firing_ = false;  // outputs were full: there are more
};

}  // namespace weir::detail
