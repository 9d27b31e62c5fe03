#pragma once
// Where watermarks come from: a generator per source split follows the event times that it sees, and an idle timer
// tells when a split has gone quiet. `event_time(&order::at, out_of_orderness(5s))` names the strategy.
#include <algorithm>
#include <chrono>
#include <optional>
#include <string>

#include "weir/core/error.hpp"
#include "weir/core/timestamp.hpp"

namespace weir {

/// How far event times may lie behind the latest one before their record counts as late.
class out_of_orderness {
 public:
  /// Throws weir::error for a negative bound.
  constexpr explicit out_of_orderness(std::chrono::milliseconds bound) : bound_(bound) {
    if (bound.count() < 0) {
      throw error("weir: out_of_orderness(" + std::to_string(bound.count()) +
                  "ms) is negative; give the largest delay of a record behind a later one");
    }
  }

  constexpr std::chrono::milliseconds bound() const noexcept { return bound_; }

  friend constexpr bool operator==(const out_of_orderness&, const out_of_orderness&) = default;

 private:
  std::chrono::milliseconds bound_;
};

/// Event times never go backwards: out_of_orderness(0ms). The watermark trails the latest time by one millisecond,
/// because more records may carry that same time.
constexpr out_of_orderness ascending() { return out_of_orderness(std::chrono::milliseconds{0}); }

namespace detail {

/// Watermarks `latest time - bound - 1` for one split. Belongs to one subtask.
class bounded_out_of_orderness_generator {
 public:
  constexpr explicit bounded_out_of_orderness_generator(out_of_orderness strategy) noexcept
      : trail_(strategy.bound().count() == std::chrono::milliseconds::max().count()
                   ? strategy.bound()
                   : strategy.bound() + std::chrono::milliseconds{1}),
        latest_(min_timestamp + trail_) {}

  /// Takes in a record's event time, or the latest of a batch. Records without event time change nothing.
  constexpr void observe(timestamp time) noexcept { latest_ = std::max(latest_, time); }

  /// The watermark as it stands; weir::min_timestamp before the first record.
  constexpr timestamp current() const noexcept { return latest_ - trail_; }

  /// The watermark to emit now, if it is above all those emitted before.
  constexpr std::optional<timestamp> next() noexcept {
    if (current() <= emitted_) return std::nullopt;
    emitted_ = current();
    return emitted_;
  }

  /// What a snapshot keeps, and how to go on from it. After that `next` may repeat the last watermark.
  constexpr timestamp latest() const noexcept { return latest_; }
  constexpr void restore(timestamp latest) noexcept { observe(latest); }

 private:
  std::chrono::milliseconds trail_;
  timestamp latest_;  // at least min_timestamp + trail_, so that the subtraction stays in range
  timestamp emitted_ = min_timestamp;
};

}  // namespace detail

/// Tells when a split has had no record for longer than a timeout, by looking at intervals instead of at every record.
/// Times are monotonic (weir::clock::monotonic). A split that is backpressured must not be checked: it is not idle.
class idle_timer {
 public:
  /// Throws weir::error unless `timeout` is above zero.
  constexpr explicit idle_timer(std::chrono::nanoseconds timeout) : timeout_(timeout) {
    if (timeout.count() <= 0) throw error("weir: an idle timeout of zero or less is no timeout; give one above zero");
  }

  constexpr std::chrono::nanoseconds timeout() const noexcept { return timeout_; }

  /// A record has arrived since the last check.
  constexpr void activity() noexcept { active_ = true; }

  /// True once more than the timeout has passed since the first check that saw no activity.
  constexpr bool check(std::chrono::nanoseconds now) noexcept {
    if (active_) {
      active_ = false;
      quiet_ = false;
      return false;
    }
    if (!quiet_) {
      quiet_ = true;
      quiet_since_ = now;
    }
    return now - quiet_since_ > timeout_;
  }

 private:
  std::chrono::nanoseconds timeout_;
  bool active_ = false;
  bool quiet_ = false;
  std::chrono::nanoseconds quiet_since_{0};  // the first check without activity
};

}  // namespace weir
