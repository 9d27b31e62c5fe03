#pragma once
// Tumbling windows: equal intervals that touch and do not overlap. `key_by(&view::campaign) | window(tumbling(10s))`.
#include <chrono>
#include <string>

#include "weir/windows/time_window.hpp"
#include "weir/windows/window_assigner.hpp"

namespace weir {

/// Event-time windows [offset + n * size, offset + (n + 1) * size) for every integer n, also before the epoch.
class tumbling_windows {
 public:
  using clock = event_clock;

  /// Throws weir::error unless size > 0 and |offset| < size.
  constexpr explicit tumbling_windows(std::chrono::milliseconds size, std::chrono::milliseconds offset = {})
      : size_(size), offset_(offset) {
    if (size.count() <= 0) refuse_size();
    if (offset <= -size || offset >= size) refuse_offset();
  }

  /// Throws weir::error for a record without event time.
  constexpr time_window assign(timestamp time) const {
    if (time == min_timestamp) refuse_record_without_time();
    return window_around(time, size_, offset_);
  }

  constexpr bool fires() const noexcept { return true; }
  constexpr std::chrono::milliseconds size() const noexcept { return size_; }
  constexpr std::chrono::milliseconds offset() const noexcept { return offset_; }

  std::string describe() const;

  friend constexpr bool operator==(const tumbling_windows&, const tumbling_windows&) = default;

 private:
  [[noreturn]] void refuse_size() const;
  [[noreturn]] void refuse_offset() const;
  [[noreturn]] void refuse_record_without_time() const;

  std::chrono::milliseconds size_;
  std::chrono::milliseconds offset_;
};

static_assert(window_assigner<tumbling_windows>);

/// Windows of `size` in event time; with size 24h and offset -8h, the days of a place at UTC+8.
constexpr tumbling_windows tumbling(std::chrono::milliseconds size, std::chrono::milliseconds offset = {}) {
  return tumbling_windows(size, offset);
}

}  // namespace weir
