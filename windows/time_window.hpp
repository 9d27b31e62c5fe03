#pragma once
// A window: a half-open interval of time, and the arithmetic that finds it. Everything saturates at the ends of the
// 64-bit range, where plain arithmetic would overflow.
#include <chrono>
#include <compare>
#include <cstdint>

#include "weir/core/timestamp.hpp"

namespace weir {

/// [start, end). An `end` of weir::max_timestamp means that the window has no end and includes every later time.
/// Windows are ordered by end, which is the order in which they fire, then by start.
struct time_window {
  timestamp start = min_timestamp;
  timestamp end = weir::max_timestamp;

  /// The last point in time inside the window: it fires when the watermark reaches this.
  constexpr timestamp max_timestamp() const noexcept {
    return end == weir::max_timestamp || end == min_timestamp ? end : end - timestamp::duration{1};
  }
  constexpr bool contains(timestamp time) const noexcept { return start <= time && time <= max_timestamp(); }

  friend constexpr bool operator==(const time_window&, const time_window&) = default;
  friend constexpr std::strong_ordering operator<=>(const time_window& left, const time_window& right) noexcept {
    if (left.end != right.end) return left.end < right.end ? std::strong_ordering::less : std::strong_ordering::greater;
    if (left.start != right.start) {
      return left.start < right.start ? std::strong_ordering::less : std::strong_ordering::greater;
    }
    return std::strong_ordering::equal;
  }
};

/// `time + duration` or the end of the range that it would pass.
constexpr timestamp saturating_add(timestamp time, std::chrono::milliseconds duration) noexcept {
  std::int64_t sum = 0;
  if (__builtin_add_overflow(epoch_ms(time), std::int64_t{duration.count()}, &sum)) {
    return duration.count() < 0 ? min_timestamp : max_timestamp;
  }
  return from_epoch_ms(sum);
}

namespace detail {

/// How far `time` lies after the start of its window, in [0, size). Requires size > 0 and |offset| < size.
constexpr std::chrono::milliseconds time_into_window(timestamp time, std::chrono::milliseconds size,
                                                     std::chrono::milliseconds offset) noexcept {
  const std::int64_t width = size.count();
  std::int64_t remainder = epoch_ms(time) % width;  // truncated, in (-width, width)
  if (remainder < 0) remainder += width;
  const std::int64_t shift = offset.count() < 0 ? offset.count() + width : offset.count();
  remainder -= shift;
  return std::chrono::milliseconds{remainder < 0 ? remainder + width : remainder};
}

}  // namespace detail

/// The start of the window of `size` that contains `time`, when windows start at `offset` from the epoch:
/// time - floor_mod(time - offset, size). Requires size > 0 and |offset| < size.
constexpr timestamp window_start(timestamp time, std::chrono::milliseconds size,
                                 std::chrono::milliseconds offset = {}) noexcept {
  return saturating_add(time, -detail::time_into_window(time, size, offset));
}

/// The whole window: its end is exact even where its start lies before the 64-bit range. Same requirements.
constexpr time_window window_around(timestamp time, std::chrono::milliseconds size,
                                    std::chrono::milliseconds offset = {}) noexcept {
  const std::chrono::milliseconds inside = detail::time_into_window(time, size, offset);
  return {saturating_add(time, -inside), saturating_add(time, size - inside)};
}

}  // namespace weir
