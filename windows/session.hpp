#pragma once
// Session windows: records of one key that follow each other closely. `window(session(30s))`, or with a gap that each
// record names: `window(session([](const click& c) { return c.patience; }))`.
#include <chrono>
#include <functional>
#include <string>
#include <type_traits>
#include <utility>

#include "weir/windows/time_window.hpp"
#include "weir/windows/window_assigner.hpp"

namespace weir {
namespace detail {

std::string session_text(std::chrono::milliseconds gap, bool by_processing_time);
[[noreturn]] void refuse_session_gap(std::chrono::milliseconds gap, bool by_processing_time);

}  // namespace detail

/// A record at t opens the window [t, t + gap). Windows of a key that overlap or touch become one, so that records
/// whose distance is exactly the gap are in one session, as in Flink.
template <class Clock>
class session_windows_of {
  static constexpr bool by_processing_time = std::is_same_v<Clock, processing_clock>;

 public:
  using clock = Clock;
  static constexpr bool merges = true;

  /// Throws weir::error unless gap > 0.
  constexpr explicit session_windows_of(std::chrono::milliseconds gap) : gap_(gap) {
    if (gap.count() <= 0) detail::refuse_session_gap(gap, by_processing_time);
  }

  /// Throws weir::error for a record without event time.
  constexpr time_window assign(timestamp time) const {
    if (!by_processing_time && time == min_timestamp) detail::refuse_record_without_time(describe());
    return {time, saturating_add(time, gap_)};
  }

  constexpr bool fires() const noexcept { return true; }
  constexpr std::chrono::milliseconds gap() const noexcept { return gap_; }
  std::string describe() const { return detail::session_text(gap_, by_processing_time); }

  friend constexpr bool operator==(const session_windows_of&, const session_windows_of&) = default;

 private:
  std::chrono::milliseconds gap_;
};

using session_windows = session_windows_of<event_clock>;

/// The same where `gap(element)` gives the gap behind each element.
template <class Clock, class Gap>
class dynamic_session_windows {
  static constexpr bool by_processing_time = std::is_same_v<Clock, processing_clock>;

 public:
  using clock = Clock;
  static constexpr bool merges = true;

  constexpr explicit dynamic_session_windows(Gap gap) : gap_(std::move(gap)) {}

  /// Throws weir::error for a record without event time, and for a gap that is not above zero.
  template <class Element>
    requires std::is_invocable_r_v<std::chrono::milliseconds, const Gap&, const Element&>
  constexpr time_window assign(const Element& element, timestamp time) const {
    if (!by_processing_time && time == min_timestamp) detail::refuse_record_without_time(describe());
    const std::chrono::milliseconds gap = std::invoke(gap_, element);
    if (gap.count() <= 0) detail::refuse_session_gap(gap, by_processing_time);
    return {time, saturating_add(time, gap)};
  }

  constexpr bool fires() const noexcept { return true; }
  std::string describe() const { return detail::assigner_name("session", by_processing_time) + "(f)"; }

 private:
  [[no_unique_address]] Gap gap_;
};

/// Sessions that end when no record has come for `gap`, in event time unless another clock is named.
template <class Clock = event_clock>
constexpr session_windows_of<Clock> session(std::chrono::milliseconds gap) {
  return session_windows_of<Clock>(gap);
}
/// The same with a gap per record: `gap` is a member pointer or a function of const Element& that returns a duration.
template <class Clock = event_clock, class Gap>
  requires(!std::is_convertible_v<Gap, std::chrono::milliseconds>)
constexpr dynamic_session_windows<Clock, Gap> session(Gap gap) {
  return dynamic_session_windows<Clock, Gap>(std::move(gap));
}

}  // namespace weir
