#pragma once
// The steps of the alerts of long rides: state and timers per ride.
#include <chrono>
#include <utility>

#include "examples/rides/rides.hpp"

struct long_ride {
  BOOST_HANA_DEFINE_STRUCT(long_ride, (std::int64_t, ride), (weir::timestamp, started));
};

/// Tells of a ride of more than two hours as soon as it is known: at the latest two hours behind its start, if its end
/// has not come by then. Starts and ends come in any order; what is kept of a ride goes, also where one of them never
/// comes.
struct long_ride_detector {
  BOOST_HANA_DEFINE_STRUCT(long_ride_detector, (weir::value_state<weir::timestamp>, started),
                           (weir::value_state<weir::timestamp>, ended));
  using output_type = long_ride;

  static constexpr std::chrono::hours longest{2};

  void process(const taxi_ride& each, auto& context, auto& out) {
    if (each.is_start) {
      take_start(each, context, out);
    } else {
      take_end(each, context, out);
    }
  }
  void on_timer(weir::timestamp, auto& context, auto& out) {
    if (started.has_value()) out(long_ride{context.key(), *started});
    started.clear();
    ended.clear();
  }

 private:
  void take_start(const taxi_ride& each, auto& context, auto& out) {
    if (!ended.has_value()) {
      started = each.at;
      context.register_event_time_timer(each.at + longest);
      return;
    }
    if (*ended - each.at > longest) out(long_ride{each.ride, each.at});
    context.delete_event_time_timer(*ended);
    ended.clear();
  }
  void take_end(const taxi_ride& each, auto& context, auto& out) {
    if (!started.has_value()) {
      // Its start may still come until the watermark is here; or the alert has been given.
      ended = each.at;
      context.register_event_time_timer(each.at);
      return;
    }
    if (each.at - *started > longest) out(long_ride{each.ride, *started});
    context.delete_event_time_timer(*started + longest);
    started.clear();
  }
};

/// Nothing is kept of other rides than these.
inline constexpr std::uint64_t rides_under_way_max = 1'000'000;

/// `interval` says after how many events the job looks at their times.
template <class Rides>
auto long_rides(Rides rides, std::size_t interval = 256) {
  using namespace weir;
  // clang-format off: one operator a line
  return from<"rides">(std::move(rides),
                       event_time(&taxi_ride::at, out_of_orderness(rides_out_of_order)).watermark_interval(interval))
         | key_by(&taxi_ride::ride)
         | process<"long">(long_ride_detector(), bounded_keys(rides_under_way_max));
  // clang-format on
}
