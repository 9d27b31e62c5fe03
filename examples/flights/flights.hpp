#pragma once
// The steps of the flight statistics, from any source of flights to a stream of daily figures; its test runs them on
// flights of its own.
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

/// Per airport and UTC day: the number of flights, the minutes of delay of all of them, the worst delay.
///
/// The input is in the order in which flights really left, and the day is that of the schedule: event time is out of
/// order. A day is closed once a flight is read that was scheduled `bound` after the day's end; what still comes for
/// that day is late and is counted as such. `interval` says after how many flights the job looks.
template <class Flights>
auto daily_figures(Flights flights, std::chrono::minutes bound, std::size_t interval) {
  using namespace weir;
  using namespace std::chrono_literals;
  // clang-format off: one operator a line
  return from<"flights">(std::move(flights),
                         event_time(&flight::scheduled_ms, out_of_orderness(bound)).watermark_interval(interval))
         | key_by(&flight::origin)
         | window(tumbling(24h))
         | aggregate<"daily">(count().as<"flights">(),
                              sum(&flight::delay_min).as<"total_delay_min">(),
                              max(&flight::delay_min).as<"worst_delay_min">());
  // clang-format on
}
