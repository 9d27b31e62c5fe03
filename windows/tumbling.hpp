#pragma once
// Tumbling windows: equal intervals that touch and do not overlap. `key_by(&view::campaign) | window(tumbling(10s))`,
// or by the wall clock: `window(tumbling<processing_clock>(10s))`.
#include <chrono>
#include <string>
#include <type_traits>

#include "weir/windows/time_window.hpp"
#include "weir/windows/window_assigner.hpp"

namespace weir {
namespace detail {

std::string tumbling_text(std::chrono::milliseconds size, std::chrono::milliseconds offset, bool by_processing_time);
[[noreturn]] void refuse_tumbling_size(std::chrono::milliseconds size, bool by_processing_time);
[[noreturn]] void refuse_tumbling_offset(const std::string& window);

}  // namespace detail

/// Windows [offset + n * size, offset + (n + 1) * size) of `Clock` for every integer n, also before the epoch.
template <class Clock>
class tumbling_windows_of {
  static constexpr bool by_processing_time = std::is_same_v<Clock, processing_clock>;

 public:
  using clock = Clock;

  /// Throws weir::error unless size > 0 and |offset| < size.
  constexpr explicit tumbling_windows_of(std::chrono::milliseconds size, std::chrono::milliseconds offset = {})
      : size_(size), offset_(offset) {
    if (size.count() <= 0) detail::refuse_tumbling_size(size, by_processing_time);
    if (offset <= -size || offset >= size) detail::refuse_tumbling_offset(describe());
  }

  /// Throws weir::error for a record without event time.
  constexpr time_window assign(timestamp time) const {
    if (!by_processing_time && time == min_timestamp) detail::refuse_record_without_time(describe());
    return window_around(time, size_, offset_);
  }

  constexpr bool fires() const noexcept { return true; }
  constexpr std::chrono::milliseconds size() const noexcept { return size_; }
  constexpr std::chrono::milliseconds offset() const noexcept { return offset_; }

  std::string describe() const { return detail::tumbling_text(size_, offset_, by_processing_time); }

  friend constexpr bool operator==(const tumbling_windows_of&, const tumbling_windows_of&) = default;

 private:
  std::chrono::milliseconds size_;
  std::chrono::milliseconds offset_;
};

using tumbling_windows = tumbling_windows_of<event_clock>;

static_assert(window_assigner<tumbling_windows>);

/// Windows of `size`, in event time unless another clock is named; with size 24h and offset -8h, the days of a place at
/// UTC+8.
template <class Clock = event_clock>
constexpr tumbling_windows_of<Clock> tumbling(std::chrono::milliseconds size, std::chrono::milliseconds offset = {}) {
  return tumbling_windows_of<Clock>(size, offset);
}

}  // namespace weir
