#pragma once
// The steps of the hourly tips: windows per driver, then windows over all drivers.
#include <utility>

#include "examples/rides/rides.hpp"

/// The driver who got the most tips in an hour.
struct most_tips {
  BOOST_HANA_DEFINE_STRUCT(most_tips, (weir::timestamp, hour_end), (std::int64_t, driver), (std::int64_t, tip_cents));
};

/// The result of a window has the window's last instant as its time. So a second window of the same size holds exactly
/// the sums of one hour. Of drivers with equal tips the one with the smaller number is named, whatever order their sums
/// come in.
template <class Fares>
auto best_drivers(Fares fares) {
  using namespace weir;
  using namespace std::chrono_literals;
  using driver_tips = window_result<std::int64_t, std::int64_t>;
  // clang-format off: one operator a line
  return from<"fares">(std::move(fares), event_time(&taxi_fare::at, out_of_orderness(rides_out_of_order)))
         | key_by(&taxi_fare::driver)
         | window(tumbling(1h))
         | aggregate<"by_driver">(sum(&taxi_fare::tip_cents))
         | window_all(tumbling(1h))
         | aggregate<"most">(max_by([](const driver_tips& each) { return std::pair(each.value, -each.key); }))
         | map([](const window_all_result<driver_tips>& hour) {
             return most_tips{hour.window_end, hour.value.key, hour.value.value};
           });
  // clang-format on
}
