#pragma once
// Fires a window again and again while it fills: early results. `window(tumbling(1h)).trigger(continuous(1min))`, or by
// the wall clock `continuous<processing_clock>(1s)`.
#include <algorithm>
#include <chrono>
#include <optional>
#include <string>
#include <type_traits>

#include "weir/windows/time_window.hpp"
#include "weir/windows/trigger.hpp"

namespace weir {
namespace detail {

std::string continuous_text(std::chrono::milliseconds interval, bool by_processing_time);
[[noreturn]] void refuse_interval(std::chrono::milliseconds interval, bool by_processing_time);

/// The first multiple of `interval` after `time`; for times before the epoch the one after that, as in Flink.
constexpr timestamp next_multiple(timestamp time, std::chrono::milliseconds interval) noexcept {
  return saturating_add(time - time.time_since_epoch() % interval, interval);
}

}  // namespace detail

/// Fires at multiples of `interval` of `Clock` from the first element on, and at the window's end. A watermark that
/// passes several multiples fires as often. Fires whether anything has come since or not; contents stay. A window of event
/// time goes on firing by the wall clock when that has passed its end, until the watermark ends it.
template <class Clock>
class continuous_trigger;

template <>
class continuous_trigger<event_clock> {
 public:
  using state_type = std::optional<timestamp>;  ///< when it fires next
  static constexpr bool needs_event_time = true;

  /// Throws weir::error unless interval > 0.
  explicit continuous_trigger(std::chrono::milliseconds interval) : interval_(interval) {
    if (interval.count() <= 0) detail::refuse_interval(interval, false);
  }

  template <class Element>
  trigger_result on_element(state_type& next, const Element&, timestamp time, trigger_context& context) const {
    const timestamp end = context.window().max_timestamp();
    if (end <= context.current_watermark()) return trigger_result::fire;
    context.register_event_time_timer(end);
    if (!next) set(next, detail::next_multiple(time, interval_), context);
    return trigger_result::continue_;
  }
  trigger_result on_event_time(state_type& next, timestamp at, trigger_context& context) const {
    if (at == context.window().max_timestamp()) return trigger_result::fire;
    if (next != at) return trigger_result::continue_;
    // At the end of the input a window without end would fire for ever: it goes straight to its last firing.
    const bool ends = context.current_watermark() == max_timestamp && context.window().max_timestamp() == max_timestamp;
    set(next, ends ? max_timestamp : saturating_add(at, interval_), context);
    return trigger_result::fire;
  }
  void merge(state_type& next, const state_type& later) const noexcept {
    if (later && (!next || *later < *next)) next = later;
  }
  void on_merge(state_type& next, trigger_context& context) const {
    if (next) context.register_event_time_timer(*next);
  }
  void clear(state_type& next, trigger_context& context) const {
    if (next) context.delete_event_time_timer(*next);
    next.reset();
  }
  std::string describe() const { return detail::continuous_text(interval_, false); }

 private:
  static void set(state_type& next, timestamp at, trigger_context& context) {
    next = std::min(at, context.window().max_timestamp());
    context.register_event_time_timer(*next);
  }

  std::chrono::milliseconds interval_;
};

template <>
class continuous_trigger<processing_clock> {
  using time_point = processing_clock::time_point;

 public:
  using state_type = std::optional<time_point>;

  explicit continuous_trigger(std::chrono::milliseconds interval) : interval_(interval) {
    if (interval.count() <= 0) detail::refuse_interval(interval, true);
  }

  template <class Element>
  trigger_result on_element(state_type& next, const Element&, timestamp, trigger_context& context) const {
    if (next) return trigger_result::continue_;
    const timestamp now{context.processing_time().time_since_epoch()};
    set(next, detail::next_multiple(now, interval_), now, context);
    return trigger_result::continue_;
  }
  trigger_result on_processing_time(state_type& next, time_point at, trigger_context& context) const {
    if (next != at) return trigger_result::continue_;
    const timestamp fired{at.time_since_epoch()};
    set(next, saturating_add(fired, interval_), saturating_add(fired, std::chrono::milliseconds(1)), context);
    return trigger_result::fire;
  }
  void merge(state_type& next, const state_type& later) const noexcept {
    if (later && (!next || *later < *next)) next = later;
  }
  void on_merge(state_type& next, trigger_context& context) const {
    if (next) context.register_processing_time_timer(*next);
  }
  void clear(state_type& next, trigger_context& context) const {
    if (next) context.delete_processing_time_timer(*next);
    next.reset();
  }
  std::string describe() const { return detail::continuous_text(interval_, true); }

 private:
  /// Where the watermark ends the window, its end counts only if it is not before `from`: else it would be reached
  /// again and again.
  static void set(state_type& next, timestamp at, timestamp from, trigger_context& context) {
    const timestamp end = context.window().max_timestamp();
    const bool has_passed = end < from && !context.ends_in_processing_time();
    next = time_point{(has_passed ? at : std::min(at, end)).time_since_epoch()};
    context.register_processing_time_timer(*next);
  }

  std::chrono::milliseconds interval_;
};

/// Fires every `interval`, in event time unless another clock is named, and in event time at the window's end.
template <class Clock = event_clock>
continuous_trigger<Clock> continuous(std::chrono::milliseconds interval) {
  return continuous_trigger<Clock>(interval);
}

}  // namespace weir
