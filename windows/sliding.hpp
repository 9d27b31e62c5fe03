#pragma once
// Sliding windows: equal intervals, one begun every `slide`. `key_by(&trade::symbol) | window(sliding(60s, 1s))`.
#include <chrono>
#include <string>

#include "weir/core/clock.hpp"
#include "weir/core/timestamp.hpp"
#include "weir/windows/time_window.hpp"

namespace weir {

/// Event-time windows [offset + n * slide, offset + n * slide + size) for every integer n, also before the epoch. Where
/// the slide is smaller than the size they overlap, and a point in time lies in several; where it is larger there are
/// holes between them.
class sliding_windows {
 public:
  using clock = event_clock;

  /// Throws weir::error unless size > 0, slide > 0 and |offset| < slide.
  constexpr sliding_windows(std::chrono::milliseconds size, std::chrono::milliseconds slide,
                            std::chrono::milliseconds offset = {})
      : size_(size), slide_(slide), offset_(offset) {
    if (size.count() <= 0) refuse_size();
    if (slide.count() <= 0) refuse_slide();
    if (offset <= -slide || offset >= slide) refuse_offset();
  }

  /// Calls `each_window(time_window)` for every window that contains `time`, the latest first. Throws weir::error for a
  /// record without event time.
  template <class Visitor>
  constexpr void assign_all(timestamp time, Visitor&& each_window) const {
    if (time == min_timestamp) refuse_record_without_time();
    for (auto ago = detail::time_into_window(time, slide_, offset_); ago < size_; ago += slide_) {
      each_window(time_window{saturating_add(time, -ago), saturating_add(time, size_ - ago)});
    }
  }

  constexpr bool fires() const noexcept { return true; }
  constexpr std::chrono::milliseconds size() const noexcept { return size_; }
  constexpr std::chrono::milliseconds slide() const noexcept { return slide_; }
  constexpr std::chrono::milliseconds offset() const noexcept { return offset_; }

  std::string describe() const;

  [[noreturn]] void refuse_record_without_time() const;

  friend constexpr bool operator==(const sliding_windows&, const sliding_windows&) = default;

 private:
  [[noreturn]] void refuse_size() const;
  [[noreturn]] void refuse_slide() const;
  [[noreturn]] void refuse_offset() const;

  std::chrono::milliseconds size_;
  std::chrono::milliseconds slide_;
  std::chrono::milliseconds offset_;
};

/// Windows of `size` in event time, one begun every `slide`.
constexpr sliding_windows sliding(std::chrono::milliseconds size, std::chrono::milliseconds slide,
                                  std::chrono::milliseconds offset = {}) {
  return sliding_windows(size, slide, offset);
}

}  // namespace weir
