#pragma once
// The steps of the flight statistics, from any source of flights to a stream of results; their tests run them on
// flights of their own.
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <utility>

#include "weir/weir.hpp"

/// One departure. Only the members used here are named; others of the input are skipped. The strings are views into
/// the line that was read.
struct flight {
  BOOST_HANA_DEFINE_STRUCT(flight, (weir::timestamp, scheduled_ms), (std::int32_t, delay_min),
                           (std::int32_t, distance_mi), (std::string_view, origin), (std::string_view, destination));
};

/// Flights with the times of their schedule. The input is in the order in which they really left, so event time is out
/// of order: a window is closed once a flight is read that was scheduled `bound` after the window's end; what still
/// comes for it is late and is counted as such. `interval` says after how many flights the job looks.
template <class Flights>
auto scheduled(Flights flights, std::chrono::minutes bound, std::size_t interval) {
  using namespace weir;
  return from<"flights">(std::move(flights),
                         event_time(&flight::scheduled_ms, out_of_orderness(bound)).watermark_interval(interval));
}

/// Per airport and UTC day: the number of flights, the minutes of delay of all of them, the worst delay.
template <class Flights>
auto daily_figures(Flights flights, std::chrono::minutes bound, std::size_t interval) {
  using namespace weir;
  using namespace std::chrono_literals;
  // clang-format off: one operator a line
  return scheduled(std::move(flights), bound, interval)
         | key_by(&flight::origin)
         | window(tumbling(24h))
         | aggregate<"daily">(count().as<"flights">(),
                              sum(&flight::delay_min).as<"total_delay_min">(),
                              max(&flight::delay_min).as<"worst_delay_min">());
  // clang-format on
}

/// Per airport: the times in which it never waits longer than six hours for the next departure, and how many there are.
template <class Flights>
auto busy_times(Flights flights, std::chrono::minutes bound, std::size_t interval) {
  using namespace weir;
  using namespace std::chrono_literals;
  // clang-format off: one operator a line
  return scheduled(std::move(flights), bound, interval)
         | key_by(&flight::origin)
         | window(session(6h))
         | aggregate<"busy">(count().as<"flights">());
  // clang-format on
}
