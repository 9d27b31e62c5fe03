#pragma once
// Time to live: how long the state of a process function outlives its last touch. `process<"uid">(f, ttl(1h))`.
#include <chrono>

#include "weir/core/timestamp.hpp"

namespace weir {

/// Says when state expires, always in processing time: what was last touched at t is expired from t + duration on.
/// Values, reducing and aggregating states expire as a whole, lists and maps element by element. Creating and writing
/// touches. The time of the last touch is stored with the state, so the time that a stopped job stands still counts.
class ttl {
 public:
  /// Throws weir::error unless `duration` is positive.
  explicit ttl(std::chrono::milliseconds duration);

  /// Reading touches, too.
  ttl refresh_on_read() const noexcept;
  /// What has expired but is still there may be seen once more: reading an expired value, or the value of a key of a
  /// map, gives it and removes it; reading a list gives all of its elements and removes none. Iteration over a map
  /// leaves out what has expired. Without this call nobody sees an expired element.
  ttl return_expired() const noexcept;
  /// Expired state is removed only when it is read. Without this call two keys are looked at for each record, in passes
  /// over all of them with a pause of a quarter of the duration in between.
  ttl no_background_cleanup() const noexcept;

  std::chrono::milliseconds duration() const noexcept { return duration_; }
  bool refreshes_on_read() const noexcept { return refreshes_on_read_; }
  bool returns_expired() const noexcept { return returns_expired_; }
  bool cleans_up() const noexcept { return cleans_up_; }

 private:
  std::chrono::milliseconds duration_;
  bool refreshes_on_read_ = false;
  bool returns_expired_ = false;
  bool cleans_up_ = true;
};

namespace detail {

/// What the states of one subtask need to know of time to live; `now` is set once per batch.
struct ttl_step {
  explicit ttl_step(const ttl& policy) noexcept
      : duration(policy.duration()),
        refreshes_on_read(policy.refreshes_on_read()),
        returns_expired(policy.returns_expired()) {}

  bool expired(processing_clock::time_point touched) const noexcept {
    constexpr auto last = processing_clock::time_point::max();
    return touched <= last - duration && touched + duration <= now;
  }

  processing_clock::time_point now{};
  std::chrono::milliseconds duration;
  bool refreshes_on_read;
  bool returns_expired;
};

}  // namespace detail
}  // namespace weir
