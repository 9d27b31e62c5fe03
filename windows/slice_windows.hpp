#pragma once
// Slices: the pieces that sliding windows are put together from. Every window is a run of whole slices, so that a record
// goes into one slice and not into size / slide windows (Li, Maier, Tufte, Papadimos, Tucker 2005, "No pane, no gain").
#include <algorithm>
#include <chrono>
#include <numeric>
#include <string>

#include "weir/windows/sliding.hpp"
#include "weir/windows/time_window.hpp"
#include "weir/windows/window_assigner.hpp"

namespace weir::detail {

/// The slices of sliding windows: as long as the greatest common divisor of size and slide.
class slice_windows {
 public:
  using clock = event_clock;

  constexpr explicit slice_windows(const sliding_windows& of)
      : of_(of), width_(std::gcd(of.size().count(), of.slide().count())) {}

  constexpr const sliding_windows& windows() const noexcept { return of_; }

  /// The slice that contains `time`. In a hole between two windows, a window that contains nothing and is always closed.
  constexpr time_window assign(timestamp time) const {
    if (time == min_timestamp) detail::refuse_record_without_time(of_.describe());
    if (in_hole(time)) return {max_timestamp, min_timestamp};
    return window_around(time, width_, of_.offset() % width_);
  }
  constexpr bool fires() const noexcept { return true; }
  std::string describe() const { return of_.describe(); }

  constexpr bool in_hole(timestamp time) const noexcept {
    return time_into_window(time, of_.slide(), of_.offset()) >= of_.size();
  }

  /// The first window that contains the slice that starts at `start`.
  constexpr time_window first_window(timestamp start) const noexcept {
    const auto into = time_into_window(start, of_.slide(), of_.offset());
    const auto ago = into + (of_.size() - into - std::chrono::milliseconds{1}) / of_.slide() * of_.slide();
    return window_from(saturating_add(start, -ago));
  }

  /// The first window that is still open when the watermark is at `watermark`.
  constexpr time_window first_open(timestamp watermark) const noexcept {
    const timestamp last_closed = saturating_add(saturating_add(watermark, std::chrono::milliseconds{1}), -of_.size());
    return window_from(saturating_add(window_start(last_closed, of_.slide(), of_.offset()), of_.slide()));
  }

  /// The last instant that lies in closed windows only: slices that end there or before are not needed any more.
  constexpr timestamp closed_by(timestamp watermark) const noexcept {
    if (watermark == min_timestamp || watermark == max_timestamp) return watermark;
    return saturating_add(first_open(watermark).start, std::chrono::milliseconds{-1});
  }

  /// Time is cut into blocks as long as a window. The end of the block in which a window starts: inside it or at its end.
  constexpr timestamp block_end(const time_window& window) const noexcept {
    return window_around(window.start, of_.size(), of_.offset() % of_.size()).end;
  }

 private:
  constexpr time_window window_from(timestamp start) const noexcept { return {start, saturating_add(start, of_.size())}; }

  sliding_windows of_;
  std::chrono::milliseconds width_;
};

static_assert(window_assigner<slice_windows>);

}  // namespace weir::detail
