#pragma once
// Points in time. Event time and processing time are different chrono clocks, so that a window over the wrong one
// does not compile. Both count signed 64-bit milliseconds since 1970-01-01T00:00:00Z.
#include <chrono>
#include <cstdint>
#include <limits>

namespace weir {

/// The time that records carry. It never advances by itself: watermarks move it.
struct event_clock {
  using duration = std::chrono::milliseconds;
  using rep = duration::rep;
  using period = duration::period;
  using time_point = std::chrono::time_point<event_clock>;
  static constexpr bool is_steady = false;
};

/// The wall clock of the machine, or the virtual clock of a test. Read it through `weir::clock` only.
struct processing_clock {
  using duration = std::chrono::milliseconds;
  using rep = duration::rep;
  using period = duration::period;
  using time_point = std::chrono::time_point<processing_clock>;
  static constexpr bool is_steady = false;
};

/// A point in event time, in milliseconds.
using timestamp = event_clock::time_point;

/// The watermark before any record; as a record's time it means "none".
inline constexpr timestamp min_timestamp{timestamp::duration{std::numeric_limits<std::int64_t>::min()}};
/// The watermark after the last record of a bounded input.
inline constexpr timestamp max_timestamp{timestamp::duration{std::numeric_limits<std::int64_t>::max()}};

constexpr timestamp from_epoch_ms(std::int64_t ms) noexcept { return timestamp{timestamp::duration{ms}}; }
constexpr std::int64_t epoch_ms(timestamp time) noexcept { return time.time_since_epoch().count(); }

}  // namespace weir
