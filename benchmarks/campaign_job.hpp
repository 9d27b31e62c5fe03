#pragma once
// The weir side of campaign views, for events from memory and from JSON lines.
#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "benchmarks/baseline/campaign_views.hpp"
#include "weir/weir.hpp"

namespace weir::benchmarks {

using campaign_results = std::vector<window_result<std::int32_t, std::int64_t>>;

template <class Event>
auto count_views(const campaign_world& world, campaign_results& counted) {
  return filter([](const Event& event) { return event.event_type == "view"; }) |
         map([campaign_of = &world.campaign_of()](const Event& event) {
           return view{campaign_of->find(event.ad_id)->second};
         }) |
         key_by(&view::campaign) | window(tumbling(std::chrono::milliseconds(window_ms))) |
         aggregate<"views">(count()) | to<"counts">(into(counted));
}

inline job views_job(const campaign_world& world, std::span<const ad_event> events, campaign_results& counted) {
  return job("campaign-views",
             from(events, event_time(&ad_event::event_time, ascending())) | count_views<ad_event>(world, counted));
}

/// The counts of a run in order.
inline std::vector<campaign_count> sorted_counts(const campaign_results& counted) {
  std::vector<campaign_count> found;
  for (const auto& each : counted) found.push_back({each.key, epoch_ms(each.window_start), each.value});
  std::ranges::sort(found);
  return found;
}
inline std::vector<campaign_count> sorted_counts(std::vector<campaign_count> counted) {
  std::ranges::sort(counted);
  return counted;
}

}  // namespace weir::benchmarks
