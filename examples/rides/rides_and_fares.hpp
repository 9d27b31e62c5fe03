#pragma once
// The steps that join each ride with its fare: two connected streams with common state.
#include <chrono>
#include <utility>

#include "examples/rides/rides.hpp"

/// Where a ride begins, and what it costs.
struct paid_ride {
  BOOST_HANA_DEFINE_STRUCT(paid_ride, (std::int64_t, ride), (std::int64_t, driver), (weir::timestamp, at),
                           (float, start_lon), (float, start_lat), (std::int64_t, tip_cents),
                           (std::int64_t, total_cents));
};
inline paid_ride join(const taxi_ride& ride, const taxi_fare& fare) {
  return {ride.ride, ride.driver, ride.at, ride.start_lon, ride.start_lat, fare.tip_cents, fare.total_cents};
}

/// Whichever of both comes first waits for the other one.
struct ride_and_fare {
  BOOST_HANA_DEFINE_STRUCT(ride_and_fare, (weir::value_state<taxi_ride>, ride), (weir::value_state<taxi_fare>, fare));
  using output_type = paid_ride;

  void process_left(const taxi_ride& begun, auto&, auto& out) {
    if (fare.has_value()) {
      out(join(begun, *fare));
      fare.clear();
    } else {
      ride = begun;
    }
  }
  void process_right(const taxi_fare& paid, auto&, auto& out) {
    if (ride.has_value()) {
      out(join(*ride, paid));
      ride.clear();
    } else {
      fare = paid;
    }
  }
};

/// Starts of rides with their fares. The order between the two streams does not matter; what finds no partner for a day
/// is forgotten.
template <class Rides, class Fares>
auto paid_rides(Rides rides, Fares fares) {
  using namespace weir;
  auto starts = from<"rides">(std::move(rides), event_time(&taxi_ride::at, out_of_orderness(rides_out_of_order))) |
                filter([](const taxi_ride& each) { return each.is_start; }) | key_by(&taxi_ride::ride);
  auto payments = from<"fares">(std::move(fares), event_time(&taxi_fare::at, out_of_orderness(rides_out_of_order))) |
                  key_by(&taxi_fare::ride);
  return connect(std::move(starts), std::move(payments)) |
         co_process<"paid">(ride_and_fare(), ttl(std::chrono::hours(24)));
}
