#pragma once
// Taxi rides and fares in New York, as the four jobs of this folder see them, and those that they make for themselves.
// What is made depends on a seed and an index only.
//
// A ride begins every two seconds. Its two events, start and end, are told about when they happen, ends up to half a
// minute too early or too late: so the stream of events is out of order by as much. Rides last from two minutes to a
// little over two hours, which is long. Those before `first_ride` began before the first event, and so only end.
#include <chrono>
#include <cstdint>

#include "examples/random_number.hpp"
#include "weir/weir.hpp"

/// The start or the end of a ride.
struct taxi_ride {
  BOOST_HANA_DEFINE_STRUCT(taxi_ride, (std::int64_t, ride), (std::int64_t, driver), (bool, is_start),
                           (weir::timestamp, at), (float, start_lon), (float, start_lat), (float, end_lon),
                           (float, end_lat));
};

/// What was paid for a ride, at its start. Sums of cents, unlike those of floating-point dollars, do not depend on the
/// order.
struct taxi_fare {
  BOOST_HANA_DEFINE_STRUCT(taxi_fare, (std::int64_t, ride), (std::int64_t, driver), (weir::timestamp, at),
                           (std::int64_t, tip_cents), (std::int64_t, total_cents));
};

/// How far the events of either stream may be out of order.
inline constexpr std::chrono::seconds rides_out_of_order{60};

// ---- made in memory -------------------------------------------------------------------------------------------------

inline constexpr std::int64_t first_ride = 10'000;

/// A ride as a whole.
struct made_ride {
  std::int64_t ride;
  std::int64_t driver;
  weir::timestamp start;
  weir::timestamp end;
  std::int64_t ends_behind;  ///< its end is told about when the ride so many later begins
};

inline made_ride ride_number(std::uint64_t seed, std::int64_t ride) {
  constexpr std::int64_t kinds = 60;  // of rides, by what they last: a kind's ends follow each other at equal distances
  const std::uint64_t bits = random_number(seed, static_cast<std::uint64_t>(ride));
  const std::int64_t kind = ride % kinds;
  const std::int64_t minutes = kind == kinds - 1 ? 130 : 2 * (1 + kind * kind / kinds + (kind == kinds - 2 ? 3 : 0));
  const auto half_a_minute = static_cast<std::int64_t>(bits % 61) - 30;
  const auto start = weir::from_epoch_ms(1'577'880'000'000) + std::chrono::seconds(2 * (ride - first_ride));
  return {ride, static_cast<std::int64_t>(bits >> 8 & 0x7ff), start,
          start + std::chrono::minutes(minutes) + std::chrono::seconds(half_a_minute), minutes * 30};
}

/// Starts and ends in turn.
inline taxi_ride ride_event_number(std::uint64_t seed, std::uint64_t index) {
  const std::int64_t begins = first_ride + static_cast<std::int64_t>(index / 2);
  const bool is_start = index % 2 == 0;
  const made_ride ride = ride_number(seed, is_start ? begins : begins - ride_number(seed, begins).ends_behind);
  // One place in sixteen lies outside of the city.
  const auto place = [bits = random_number(seed + 1, static_cast<std::uint64_t>(ride.ride))](unsigned shift,
                                                                                             double least) {
    const std::uint64_t drawn = bits >> shift & 0xfff;
    return static_cast<float>(least + static_cast<double>(drawn & 0xff) / 256 * 0.33 + ((drawn >> 8) == 0 ? 1 : 0));
  };
  return {ride.ride,        ride.driver,      is_start,          is_start ? ride.start : ride.end,
          place(0, -74.04), place(12, 40.55), place(24, -74.04), place(36, 40.55)};
}

inline taxi_fare fare_number(std::uint64_t seed, std::uint64_t index) {
  const made_ride ride = ride_number(seed, first_ride + static_cast<std::int64_t>(index));
  const std::uint64_t bits = random_number(seed + 2, index);
  const auto total_cents = static_cast<std::int64_t>(500 + bits % 5000);
  const bool tips = (bits >> 16) % 4 != 0;
  return {ride.ride, ride.driver, ride.start, tips ? static_cast<std::int64_t>((bits >> 24) % 1000) : 0, total_cents};
}

/// As sources, in one split each so that they stay in order; at most `rate` records a second.
inline auto made_rides(std::uint64_t seed, std::uint64_t events, double rate) {
  return weir::generate([seed](std::uint64_t i) { return ride_event_number(seed, i); }, weir::bounded{events})
      .rate(rate);
}
inline auto made_fares(std::uint64_t seed, std::uint64_t fares, double rate) {
  return weir::generate([seed](std::uint64_t i) { return fare_number(seed, i); }, weir::bounded{fares}).rate(rate);
}
