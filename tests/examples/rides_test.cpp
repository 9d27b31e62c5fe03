// The four jobs over taxi rides. Cases TRAIN-.. are those of the exercises that come with Apache Flink.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <map>
#include <set>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "examples/rides/hourly_tips.hpp"
#include "examples/rides/long_ride_alerts.hpp"
#include "examples/rides/ride_cleansing.hpp"
#include "examples/rides/rides_and_fares.hpp"
#include "weir/testkit/operator_harness.hpp"
#include "weir/testkit/simulator.hpp"

using namespace weir;
using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Pair;

namespace {

// 2020-01-01T12:00:00Z, as in the exercises.
constexpr timestamp noon = from_epoch_ms(1'577'880'000'000);

template <class Record>
std::vector<Record> sorted(std::vector<Record> records) {
  std::sort(records.begin(), records.end());
  return records;
}

std::vector<taxi_ride> made_ride_events(std::uint64_t seed, std::uint64_t count) {
  std::vector<taxi_ride> events;
  for (std::uint64_t i = 0; i < count; ++i) events.push_back(ride_event_number(seed, i));
  return events;
}
std::vector<taxi_fare> made_fare_list(std::uint64_t seed, std::uint64_t count) {
  std::vector<taxi_fare> fares;
  for (std::uint64_t i = 0; i < count; ++i) fares.push_back(fare_number(seed, i));
  return fares;
}

taxi_ride start_of(std::int64_t ride, timestamp at) { return {ride, 0, true, at, 0, 0, 0, 0}; }
taxi_ride end_of(std::int64_t ride, timestamp at) { return {ride, 0, false, at, 0, 0, 0, 0}; }

}  // namespace

// ---- made rides -----------------------------------------------------------------------------------------------------

TEST(made_rides, begin_and_end_once_and_are_out_of_order_by_less_than_the_jobs_allow_for) {
  std::map<std::int64_t, timestamp> starts;
  std::map<std::int64_t, timestamp> ends;
  timestamp latest = min_timestamp;
  bool out_of_order = false;
  for (const taxi_ride& each : made_ride_events(7, 30'000)) {
    auto& side = each.is_start ? starts : ends;
    EXPECT_TRUE(side.emplace(each.ride, each.at).second) << each.ride;
    out_of_order |= each.at < latest;
    latest = std::max(latest, each.at);
    ASSERT_LE(latest - each.at, rides_out_of_order);
  }
  EXPECT_TRUE(out_of_order);
  std::map<bool, std::size_t> longer_than_two_hours;
  std::size_t two_hours = 0;
  for (const auto& [ride, start] : starts) {
    const auto end = ends.find(ride);
    if (end == ends.end()) continue;
    EXPECT_GT(end->second, start);
    ++longer_than_two_hours[end->second - start > 2h];
    if (end->second - start == 2h) ++two_hours;
  }
  EXPECT_GT(longer_than_two_hours[true], 100u);
  EXPECT_GT(longer_than_two_hours[false], 1000u);
  EXPECT_GT(two_hours, 0u);
}

// ---- ride cleansing -------------------------------------------------------------------------------------------------

namespace {

/// The numbers of the rides that are left.
std::vector<std::int64_t> cleansed(const std::vector<taxi_ride>& rides, std::size_t slots = 2) {
  std::vector<taxi_ride> kept;
  job("ride-cleansing", rides_in_new_york(rides) | to<"kept">(into(kept))).run({.slots = slots});
  std::vector<std::int64_t> numbers;
  for (const taxi_ride& each : kept) numbers.push_back(each.ride);
  return sorted(numbers);
}

}  // namespace

TEST(ride_cleansing, TRAIN_01_keeps_rides_that_begin_and_end_in_the_city) {
  const float station_lon = -73.9947F;
  const float station_lat = 40.750626F;
  const taxi_ride to_the_pole{1, 0, true, {}, station_lon, station_lat, 0, 90};
  const taxi_ride from_the_pole{2, 0, true, {}, 0, 90, station_lon, station_lat};
  const taxi_ride at_the_station{3, 0, true, {}, station_lon, station_lat, station_lon, station_lat};
  const taxi_ride at_the_pole{4, 0, true, {}, 0, 90, 0, 90};
  EXPECT_THAT(cleansed({to_the_pole, from_the_pole, at_the_station, at_the_pole}), ElementsAre(3));
}

TEST(ride_cleansing, counts_the_limits_as_city_where_a_float_can_be_one) {
  EXPECT_TRUE(is_in_new_york(-73.9F, 40.5F));
  EXPECT_TRUE(is_in_new_york(-73.9F, 41.0F));
  EXPECT_TRUE(is_in_new_york(-73.7, 40.7)) << "a double is the limit";
  EXPECT_FALSE(is_in_new_york(-73.7F, 40.7F)) << "the nearest float is beyond it";
  EXPECT_FALSE(is_in_new_york(-74.05F, 40.7F)) << "the nearest float is beyond it";
  EXPECT_FALSE(is_in_new_york(-73.9, 41.0001));
  EXPECT_FALSE(is_in_new_york(-73.9, 40.4999));
}

TEST(ride_cleansing, of_many_rides_keeps_what_a_plain_loop_keeps) {
  const auto rides = made_ride_events(1, 20'000);
  std::vector<std::int64_t> expected;
  for (const taxi_ride& each : rides) {
    const bool lon_fits = std::max(each.start_lon, each.end_lon) < -73.5F;
    const bool lat_fits = std::max(each.start_lat, each.end_lat) < 41.2F;  // others lie a degree outside
    if (lon_fits && lat_fits) expected.push_back(each.ride);
  }
  ASSERT_GT(expected.size(), 10'000u);
  ASSERT_LT(expected.size(), 19'000u);
  for (const std::size_t slots : {1, 2, 8}) EXPECT_EQ(cleansed(rides, slots), sorted(expected)) << slots << " slots";
}

// ---- rides and fares ------------------------------------------------------------------------------------------------

namespace {

taxi_ride numbered_ride(std::int64_t ride) { return {ride, ride, true, from_epoch_ms(0), 0, 0, 0, 0}; }
taxi_fare numbered_fare(std::int64_t ride, std::int64_t total_cents) {
  return {ride, ride, from_epoch_ms(0), 0, total_cents};
}

struct joined_rides {
  std::vector<taxi_ride> rides;
  std::vector<taxi_fare> fares;
  std::vector<paid_ride> found{};
  job joined{"rides-and-fares", paid_rides(std::span(rides), std::span(fares)) | to<"joined">(into(found))};

  /// Ride and total of each.
  std::vector<std::pair<std::int64_t, std::int64_t>> take() {
    std::vector<std::pair<std::int64_t, std::int64_t>> pairs;
    for (const paid_ride& each : std::exchange(found, {})) pairs.emplace_back(each.ride, each.total_cents);
    return sorted(pairs);
  }
};

}  // namespace

TEST(rides_and_fares, TRAIN_06_meet_whichever_comes_first) {
  joined_rides input{{numbered_ride(1), numbered_ride(4), numbered_ride(3), numbered_ride(2)},
                     {numbered_fare(2, 200), numbered_fare(4, 400), numbered_fare(1, 100), numbered_fare(3, 300)}};
  for (std::uint64_t seed = 0; seed < 50; ++seed) {
    weir::testing::simulate(input.joined, {.seed = seed, .slots = 1 + seed % 3});
    EXPECT_THAT(input.take(), ElementsAre(Pair(1, 100), Pair(2, 200), Pair(3, 300), Pair(4, 400))) << "seed " << seed;
  }
}

TEST(rides_and_fares, are_forgotten_when_they_have_met) {
  joined_rides two_fares{{numbered_ride(1)}, {numbered_fare(1, 100), numbered_fare(1, 100)}};
  joined_rides two_rides{{numbered_ride(1), numbered_ride(1)}, {numbered_fare(1, 100)}};
  for (std::uint64_t seed = 0; seed < 50; ++seed) {
    for (joined_rides* const input : {&two_fares, &two_rides}) {
      weir::testing::simulate(input->joined, {.seed = seed});
      EXPECT_THAT(input->take(), ElementsAre(Pair(1, 100))) << "seed " << seed;
    }
  }
}

TEST(rides_and_fares, of_many_are_those_that_a_plain_loop_joins) {
  joined_rides input{made_ride_events(1, 20'000), made_fare_list(1, 7'000)};
  std::map<std::int64_t, std::int64_t> totals;
  for (const taxi_fare& each : input.fares) totals[each.ride] = each.total_cents;
  std::vector<std::pair<std::int64_t, std::int64_t>> expected;
  for (const taxi_ride& each : input.rides) {
    if (each.is_start && totals.count(each.ride) > 0) expected.emplace_back(each.ride, totals[each.ride]);
  }
  ASSERT_EQ(expected.size(), 7'000u);
  for (const std::size_t slots : {1, 2, 8}) {
    input.joined.run({.slots = slots});
    EXPECT_EQ(input.take(), sorted(expected)) << slots << " slots";
  }
}

// ---- hourly tips ----------------------------------------------------------------------------------------------------

namespace {

using hour_driver_cents = std::tuple<std::int64_t, std::int64_t, std::int64_t>;

std::vector<hour_driver_cents> best_of(const std::vector<taxi_fare>& fares, std::size_t slots = 2) {
  std::vector<most_tips> best;
  job("hourly-tips", best_drivers(fares) | to<"best">(into(best))).run({.slots = slots});
  std::vector<hour_driver_cents> rows;
  for (const most_tips& each : best) rows.emplace_back(epoch_ms(each.hour_end), each.driver, each.tip_cents);
  return sorted(rows);
}

taxi_fare tip_of(std::int64_t driver, std::int64_t cents, timestamp at) { return {0, driver, at, cents, 0}; }

}  // namespace

TEST(hourly_tips, TRAIN_11_go_to_the_best_of_all_drivers) {
  const std::vector<taxi_fare> fares = {tip_of(1, 1'00, noon),          tip_of(1, 5'00, noon + 15min),
                                        tip_of(1, 10'00, noon + 90min), tip_of(2, 20'00, noon + 90min),
                                        tip_of(3, 0, noon + 70min),     tip_of(4, 0, noon + 70min),
                                        tip_of(4, 1'00, noon + 80min),  tip_of(5, 10'00, noon + 100min)};
  for (const std::size_t slots : {1, 2, 8}) {
    EXPECT_THAT(best_of(fares, slots),
                ElementsAre(hour_driver_cents(1577883600000, 1, 6'00), hour_driver_cents(1577887200000, 2, 20'00)));
  }
}

TEST(hourly_tips, begin_anew_with_each_hour) {
  EXPECT_THAT(
      best_of({tip_of(1, 9'00, noon), tip_of(2, 5'00, noon + 1h - 1ms), tip_of(2, 5'00, noon + 1h)}),
      ElementsAre(hour_driver_cents(epoch_ms(noon + 1h), 1, 9'00), hour_driver_cents(epoch_ms(noon + 2h), 2, 5'00)));
}

TEST(hourly_tips, of_equal_drivers_name_the_one_with_the_smaller_number) {
  std::vector<taxi_fare> fares;
  for (std::int64_t driver = 40; driver >= 7; --driver) fares.push_back(tip_of(driver, 1'00, noon));
  for (const std::size_t slots : {1, 2, 8}) {
    EXPECT_THAT(best_of(fares, slots), ElementsAre(hour_driver_cents(epoch_ms(noon + 1h), 7, 1'00))) << slots;
  }
}

TEST(hourly_tips, of_many_fares_are_those_that_a_plain_loop_finds) {
  const auto fares = made_fare_list(3, 20'000);
  std::map<std::int64_t, std::map<std::int64_t, std::int64_t>> tips;  // by end of the hour and driver
  for (const taxi_fare& each : fares)
    tips[epoch_ms(each.at) / 3'600'000 * 3'600'000 + 3'600'000][each.driver] += each.tip_cents;
  std::vector<hour_driver_cents> expected;
  for (const auto& [hour, of] : tips) {
    const auto best = std::max_element(of.begin(), of.end(), [](auto& a, auto& b) { return a.second < b.second; });
    expected.emplace_back(hour, best->first, best->second);
  }
  ASSERT_EQ(expected.size(), 12u);
  for (const std::size_t slots : {1, 2, 8}) EXPECT_EQ(best_of(fares, slots), expected) << slots << " slots";
}

// ---- long rides -----------------------------------------------------------------------------------------------------

namespace {

std::vector<std::int64_t> long_rides_of(const std::vector<taxi_ride>& events, std::size_t slots = 2,
                                        std::size_t interval = 256) {
  std::vector<long_ride> found;
  const job_report report =
      job("long-ride-alerts", long_rides(events, interval) | to<"alerts">(into(found))).run({.slots = slots});
  EXPECT_EQ(report.find("long")->event_timers, 0u);
  std::vector<std::int64_t> rides;
  for (const long_ride& each : found) rides.push_back(each.ride);
  return sorted(rides);
}

auto long_ride_harness() {
  return weir::testing::operator_harness<taxi_ride>(key_by(&taxi_ride::ride) | process<"long">(long_ride_detector()),
                                                    {.snapshots = true});
}

/// One ride after the other, with watermarks in between.
class long_ride_alerts : public ::testing::Test {
 protected:
  void start(timestamp at) { detector.push(start_of(1, at), at); }
  void end(timestamp at) { detector.push(end_of(1, at), at); }
  /// The times of the alerts since the last call.
  std::vector<timestamp> alerts() {
    std::vector<timestamp> times;
    const auto records = detector.records();
    for (; seen_ < records.size(); ++seen_) times.push_back(records[seen_].time);
    return times;
  }
  std::uint64_t timers() const { return detector.report().find("long")->event_timers; }

  decltype(long_ride_harness()) detector = long_ride_harness();

 private:
  std::size_t seen_ = 0;
};

}  // namespace

TEST(long_rides, TRAIN_14_are_told_of_whether_they_end_or_not) {
  const std::vector<taxi_ride> events = {start_of(1, noon),      start_of(2, noon),    start_of(3, noon + 1min),
                                         start_of(4, noon + 1h), end_of(4, noon + 2h), end_of(2, noon),
                                         end_of(3, noon + 3h)};
  for (const std::size_t slots : {1, 2, 8}) {
    for (const std::size_t interval : {1, 256}) EXPECT_THAT(long_rides_of(events, slots, interval), ElementsAre(1, 3));
  }
}

TEST(long_rides, last_more_than_two_hours) {
  EXPECT_THAT(long_rides_of({start_of(1, noon), end_of(1, noon + 2h)}), IsEmpty());
  EXPECT_THAT(long_rides_of({start_of(1, noon), end_of(1, noon + 2h + 1ms)}), ElementsAre(1));
  EXPECT_THAT(long_rides_of({end_of(1, noon + 2h), start_of(1, noon)}), IsEmpty());
  EXPECT_THAT(long_rides_of({end_of(1, noon + 2h + 1ms), start_of(1, noon)}), ElementsAre(1));
  EXPECT_THAT(long_rides_of({end_of(1, noon)}), IsEmpty()) << "without a start";
}

TEST(long_rides, of_many_are_those_that_a_plain_loop_finds) {
  const auto events = made_ride_events(5, 30'000);
  std::map<std::int64_t, timestamp> ends;
  for (const taxi_ride& each : events) {
    if (!each.is_start) ends[each.ride] = each.at;
  }
  std::vector<std::int64_t> expected;
  for (const taxi_ride& each : events) {
    const auto end = ends.find(each.ride);
    if (each.is_start && (end == ends.end() || end->second - each.at > 2h)) expected.push_back(each.ride);
  }
  ASSERT_GT(expected.size(), 300u);
  for (const std::size_t slots : {1, 2, 8}) {
    EXPECT_EQ(long_rides_of(events, slots, 1), sorted(expected)) << slots << " slots";
  }
}

TEST_F(long_ride_alerts, come_two_hours_behind_the_start) {
  start(noon);
  detector.watermark(noon + 2h - 1ms);
  EXPECT_THAT(alerts(), IsEmpty());
  detector.watermark(noon + 2h);
  EXPECT_THAT(alerts(), ElementsAre(noon + 2h));
}

TEST_F(long_ride_alerts, come_with_the_end_if_that_is_earlier_news) {
  start(noon);
  end(noon + 3h);
  EXPECT_THAT(alerts(), ElementsAre(noon + 3h));
  detector.watermark(noon + 4h);
  EXPECT_THAT(alerts(), IsEmpty()) << "a second one";
}

TEST_F(long_ride_alerts, do_not_come_where_the_ride_ends_in_time) {
  start(noon);
  end(noon + 1min);
  EXPECT_EQ(timers(), 0u);
  detector.watermark(noon + 3h);
  EXPECT_THAT(alerts(), IsEmpty());
}

TEST_F(long_ride_alerts, come_once_and_leave_nothing_behind) {
  start(noon);
  detector.watermark(noon + 2h);
  EXPECT_THAT(alerts(), ElementsAre(noon + 2h));
  end(noon + 3h);
  detector.watermark(noon + 3h);
  EXPECT_THAT(alerts(), IsEmpty());
  EXPECT_EQ(timers(), 0u);
  start(noon + 4h);  // another ride of this number finds no end of the first one
  detector.watermark(noon + 6h);
  EXPECT_THAT(alerts(), ElementsAre(noon + 6h));
}

TEST_F(long_ride_alerts, come_after_a_crash_as_without_one) {
  start(noon);
  detector.snapshot_restore();
  detector.watermark(noon + 2h);
  EXPECT_THAT(alerts(), ElementsAre(noon + 2h));
  end(noon + 5h);
  detector.snapshot_restore();
  start(noon + 4h);
  EXPECT_THAT(alerts(), IsEmpty()) << "its end was known";
  EXPECT_EQ(timers(), 0u);
}
