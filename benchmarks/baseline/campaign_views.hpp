#pragma once
// Campaign views by hand: one loop, one counter per campaign for the window that is open, since the input is in order.
#include <array>
#include <cstdint>
#include <span>
#include <tuple>
#include <vector>

#include "benchmarks/campaign_events.hpp"

namespace weir::benchmarks {

struct campaign_count {
  std::int32_t campaign;
  std::int64_t window_start_ms;
  std::int64_t views;
  friend auto operator<=>(const campaign_count&, const campaign_count&) = default;
};

[[gnu::noinline]] inline std::vector<campaign_count> hand_campaign_views(const campaign_world& world,
                                                                         std::span<const ad_event> events) {
  std::vector<campaign_count> results;
  std::array<std::int64_t, campaigns> views{};
  std::int64_t start = 0;
  std::int64_t end = 0;
  const auto close = [&] {
    for (std::int32_t campaign = 0; campaign < campaigns; ++campaign) {
      if (views[campaign] > 0) results.push_back({campaign, start, views[campaign]});
    }
    views.fill(0);
  };
  for (const ad_event& event : events) {
    if (event.event_type != "view") continue;
    const std::int64_t time = epoch_ms(event.event_time);
    if (time >= end) {
      close();
      start = time - time % window_ms;
      end = start + window_ms;
    }
    ++views[world.campaign_of().find(event.ad_id)->second];
  }
  close();
  return results;
}

}  // namespace weir::benchmarks
