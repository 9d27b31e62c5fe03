#pragma once
// Sliding windows: intervals of one size, of which one begins every `slide`. `window(sliding(60s, 1s))`.
#include <chrono>
#include <cstdint>
#include <string>
#include <type_traits>

#include "weir/windows/time_window.hpp"
#include "weir/windows/window_assigner.hpp"

namespace weir {
namespace detail {

std::string sliding_text(std::chrono::milliseconds size, std::chrono::milliseconds slide,
                         std::chrono::milliseconds offset, bool by_processing_time);
[[noreturn]] void refuse_sliding_size(const std::string& window);
[[noreturn]] void refuse_sliding_offset(const std::string& window);

}  // namespace detail

/// Windows [offset + n * slide, offset + n * slide + size) of `Clock` for every integer n, also before the epoch. With
/// a slide below the size a record belongs to several; with one above it, records between two windows belong to none.
template <class Clock>
class sliding_windows_of {
  static constexpr bool by_processing_time = std::is_same_v<Clock, processing_clock>;

 public:
  using clock = Clock;

  /// Throws weir::error unless size > 0, slide > 0 and |offset| < slide.
  constexpr sliding_windows_of(std::chrono::milliseconds size, std::chrono::milliseconds slide,
                               std::chrono::milliseconds offset = {})
      : size_(size), slide_(slide), offset_(offset) {
    if (size.count() <= 0 || slide.count() <= 0) detail::refuse_sliding_size(describe());
    if (offset <= -slide || offset >= slide) detail::refuse_sliding_offset(describe());
  }

  /// Throws weir::error for a record without event time.
  template <class Visitor>
  constexpr void assign(timestamp time, Visitor&& visitor) const {
    if (!by_processing_time && time == min_timestamp) detail::refuse_record_without_time(describe());
    const std::chrono::milliseconds inside = detail::time_into_window(time, slide_, offset_);
    if (inside >= size_) return;
    const std::int64_t earlier = (size_ - inside - std::chrono::milliseconds{1}) / slide_;
    for (std::int64_t n = earlier; n >= 0; --n) {
      const std::chrono::milliseconds after_start = inside + n * slide_;
      visitor(time_window{saturating_add(time, -after_start), saturating_add(time, size_ - after_start)});
    }
  }

  constexpr bool fires() const noexcept { return true; }
  constexpr std::chrono::milliseconds size() const noexcept { return size_; }
  constexpr std::chrono::milliseconds slide() const noexcept { return slide_; }
  constexpr std::chrono::milliseconds offset() const noexcept { return offset_; }

  std::string describe() const { return detail::sliding_text(size_, slide_, offset_, by_processing_time); }

  friend constexpr bool operator==(const sliding_windows_of&, const sliding_windows_of&) = default;

 private:
  std::chrono::milliseconds size_;
  std::chrono::milliseconds slide_;
  std::chrono::milliseconds offset_;
};

using sliding_windows = sliding_windows_of<event_clock>;

/// Windows of `size` that begin every `slide`, in event time unless another clock is named.
template <class Clock = event_clock>
constexpr sliding_windows_of<Clock> sliding(std::chrono::milliseconds size, std::chrono::milliseconds slide,
                                            std::chrono::milliseconds offset = {}) {
  return sliding_windows_of<Clock>(size, slide, offset);
}

}  // namespace weir
