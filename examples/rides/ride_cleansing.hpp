#pragma once
// The steps of ride cleansing: a filter.
#include <utility>

#include "examples/rides/rides.hpp"

inline bool is_in_new_york(double lon, double lat) {
  return !(lon > -73.7 || lon < -74.05) && !(lat > 41.0 || lat < 40.5);
}

/// Keeps the events of rides that begin and end in the city.
template <class Rides>
auto rides_in_new_york(Rides rides) {
  using namespace weir;
  return from<"rides">(std::move(rides), event_time(&taxi_ride::at, out_of_orderness(rides_out_of_order))) |
         filter([](const taxi_ride& each) {
           return is_in_new_york(each.start_lon, each.start_lat) && is_in_new_york(each.end_lon, each.end_lat);
         });
}
