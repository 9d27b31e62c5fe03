#pragma once
// What a process operator holds for the calls of its function: times, and the timers of all keys. The function sees it
// through its context (process_context.hpp).
#include <cstdint>

#include "weir/core/clock.hpp"
#include "weir/core/timestamp.hpp"
#include "weir/state/timer_queue.hpp"
#include "weir/state/timer_times.hpp"

namespace weir::detail {

/// The times of an operator. The clock is read when it is first asked for in a step, and then not again; not at all
/// where the time of the step is given.
class operator_time {
 public:
  void open(const clock& of) noexcept { clock_ = &of; }
  void begin_step() noexcept { known_ = false; }
  void begin_step(processing_clock::time_point now) noexcept {
    now_ = now;
    known_ = true;
  }
  processing_clock::time_point now() {
    if (!known_) begin_step(clock_->now());
    return now_;
  }

  timestamp watermark = min_timestamp;

 private:
  const clock* clock_ = nullptr;
  processing_clock::time_point now_{};
  bool known_ = false;
};

/// All timers of one domain of a subtask. Rows say which are registered; the queue when.
template <class Key>
class timer_set {
 public:
  timer_queue<Key> queue;
  std::uint64_t registered = 0;  ///< over all keys
  bool fires = false;            ///< the function has an on_timer for this domain

  /// Whether deleted timers outnumber the others in the queue.
  bool is_mostly_stale() const noexcept { return queue.size() > 2 * registered + stale_min; }

  /// Takes deleted timers out of the queue; `timers_of(key, hash)` points to those that a row lists, or is null. A time
  /// that was deleted and registered again is in the queue twice: the first pass takes each out of its row when it
  /// finds it there, and so leaves one of a kind; the second puts them back, so that in the end no row has changed.
  template <class TimersOf>
  void compact(time_domain domain, TimersOf&& timers_of) {
    queue.compact([&](timestamp at, const auto& key, std::uint64_t hash) {
      timer_times* const listed = timers_of(key, hash);
      return listed != nullptr && listed->remove(domain, at);
    });
    queue.compact([&](timestamp at, const auto& key, std::uint64_t hash) {
      timers_of(key, hash)->add(domain, at);
      return true;
    });
  }

 private:
  static constexpr std::uint64_t stale_min = 1024;
};

/// What is the same for all keys of a subtask.
template <class Key>
struct keyed_services {
  timer_set<Key>& timers(time_domain domain) noexcept {
    return domain == time_domain::event ? event_timers : processing_timers;
  }

  operator_time time;
  timer_set<Key> event_timers;
  timer_set<Key> processing_timers;
};

/// Both clocks count milliseconds; timers of either lie in queues as timestamps.
constexpr timestamp as_timestamp(processing_clock::time_point time) noexcept {
  return timestamp{time.time_since_epoch()};
}
constexpr processing_clock::time_point as_processing_time(timestamp time) noexcept {
  return processing_clock::time_point{time.time_since_epoch()};
}

}  // namespace weir::detail
