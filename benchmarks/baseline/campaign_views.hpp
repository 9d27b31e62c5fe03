#pragma once
// Campaign views by hand: one loop over the events, without an exchange. The windows are those of a stream processor,
// a hash table of counters for every open window, fired when event time has passed its end; the bounds of the window
// that took the last event are kept at hand. Beside it the loop of one who knows more: keys are 0 to 99, one window is
// open.
#include <algorithm>
#include <array>
#include <boost/unordered/unordered_flat_map.hpp>
#include <compare>
#include <cstdint>
#include <limits>
#include <map>
#include <span>
#include <thread>
#include <utility>
#include <vector>

#include "benchmarks/campaign_events.hpp"

namespace weir::benchmarks {

struct campaign_count {
  std::int32_t campaign;
  std::int64_t window_start_ms;
  std::int64_t views;
  friend auto operator<=>(const campaign_count&, const campaign_count&) = default;
};

/// One multiplication and a fold, so that all bits of the hash depend on the key: with the hash that Boost has for
/// integers, and with weir's own table, the loop is slower.
struct hash_campaign {
  using is_avalanching = void;
  std::size_t operator()(std::int32_t campaign) const {
    const std::uint64_t mixed = static_cast<std::uint32_t>(campaign) * 0x9e3779b97f4a7c15U;
    return mixed ^ (mixed >> 32);
  }
};

/// Views per campaign and window of 10 s, for events in order of time.
class campaign_windows {
 public:
  [[gnu::always_inline]] void add(std::int32_t campaign, std::int64_t time_ms) {
    if (time_ms < start_ || time_ms >= end_) [[unlikely]]
      move_to(time_ms);
    ++(*current_)[campaign];
  }

  /// The counts of all windows.
  std::vector<campaign_count> finish() && {
    fire_until(std::numeric_limits<std::int64_t>::max());
    return std::move(fired_);
  }

 private:
  using counters = boost::unordered_flat_map<std::int32_t, std::int64_t, hash_campaign>;

  [[gnu::noinline]] void move_to(std::int64_t time_ms) {
    fire_until(time_ms);
    start_ = time_ms - time_ms % window_ms;
    end_ = start_ + window_ms;
    current_ = &open_[start_];
  }

  void fire_until(std::int64_t time_ms) {
    while (!open_.empty() && open_.begin()->first + window_ms <= time_ms) {
      counters& window = open_.begin()->second;
      for (const auto& [campaign, views] : window) fired_.push_back({campaign, open_.begin()->first, views});
      open_.erase(open_.begin());
    }
  }

  std::int64_t start_ = 0;
  std::int64_t end_ = 0;
  counters* current_ = nullptr;
  std::map<std::int64_t, counters> open_;
  std::vector<campaign_count> fired_;
};

[[gnu::noinline]] inline std::vector<campaign_count> hand_campaign_views(const campaign_world& world,
                                                                         std::span<const ad_event> events) {
  campaign_windows windows;
  for (const ad_event& event : events) {
    if (event.event_type != "view") continue;
    windows.add(world.campaign_of().find(event.ad_id)->second, epoch_ms(event.event_time));
  }
  return std::move(windows).finish();
}

/// Adds up the counts that several threads have found for one window.
inline std::vector<campaign_count> merge(const std::vector<std::vector<campaign_count>>& parts) {
  std::vector<campaign_count> all;
  for (const auto& part : parts) all.insert(all.end(), part.begin(), part.end());
  std::ranges::sort(all);
  std::vector<campaign_count> merged;
  for (const campaign_count& each : all) {
    if (!merged.empty() && merged.back().campaign == each.campaign &&
        merged.back().window_start_ms == each.window_start_ms) {
      merged.back().views += each.views;
    } else {
      merged.push_back(each);
    }
  }
  return merged;
}

/// Calls `count_part(i)` for each part in a thread of its own.
template <class CountPart>
std::vector<campaign_count> in_threads(std::size_t threads, CountPart count_part) {
  std::vector<std::vector<campaign_count>> parts(threads);
  std::vector<std::thread> running;
  for (std::size_t i = 1; i < threads; ++i) running.emplace_back([&, i] { parts[i] = count_part(i); });
  parts[0] = count_part(0);
  for (auto& each : running) each.join();
  return merge(parts);
}

/// Each thread counts a part of the events in windows of its own.
inline std::vector<campaign_count> hand_campaign_views(const campaign_world& world, std::span<const ad_event> events,
                                                       std::size_t threads) {
  if (threads == 1) return hand_campaign_views(world, events);
  return in_threads(threads, [&](std::size_t i) {
    const std::size_t begin = events.size() * i / threads;
    return hand_campaign_views(world, events.subspan(begin, events.size() * (i + 1) / threads - begin));
  });
}

[[gnu::noinline]] inline std::vector<campaign_count> hand_campaign_views_dense(const campaign_world& world,
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
