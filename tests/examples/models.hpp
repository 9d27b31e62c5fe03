#pragma once
// What the example jobs must find, computed by plain loops over plain containers.
#include <algorithm>
#include <cctype>
#include <cstdint>
#include <cstdio>
#include <limits>
#include <map>
#include <random>
#include <set>
#include <sstream>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "examples/campaign_views/ad_traffic.hpp"
#include "examples/dedup/made_messages.hpp"
#include "examples/fraud/made_transactions.hpp"

namespace model {

// ---- word_count
// -------------------------------------------------------------------------------------------------------

inline std::map<std::string, std::int64_t> word_counts(const std::string& text) {
  std::map<std::string, std::int64_t> counts;
  std::istringstream words(text);
  for (std::string word; words >> word;) ++counts[word];
  return counts;
}

/// Lines of words of which few are frequent and many are rare, with blanks and empty lines.
inline std::string random_text(std::uint64_t seed, int lines) {
  std::mt19937_64 random(seed);
  std::string text;
  for (int line = 0; line < lines; ++line) {
    for (auto words = random() % 12; words > 0; --words) {
      const auto rank = random() % (random() % 500 + 1);
      text += (random() % 5 == 0 ? "\t " : " ");
      text += "w" + std::string(rank % 9, 'x') + std::to_string(rank);
    }
    text += random() % 10 == 0 ? "\r\n" : "\n";
  }
  return text;
}

// ---- campaign_views
// ---------------------------------------------------------------------------------------------------

inline constexpr std::int64_t campaign_window_ms = 10'000;

/// Views by campaign and first millisecond of the window, of every `stride`-th event.
inline std::map<std::pair<std::int32_t, std::int64_t>, std::int64_t> campaign_views(const ad_traffic& traffic,
                                                                                    std::uint64_t events,
                                                                                    std::uint64_t stride = 1) {
  std::map<std::pair<std::int32_t, std::int64_t>, std::int64_t> views;
  for (std::uint64_t i = 0; i < events; ++i) {
    const numbered_event event = traffic.event(i * stride);
    if (event.event_type != 0) continue;  // 0 is "view"
    ++views[{static_cast<std::int32_t>(event.ad / 10), event.time_ms / campaign_window_ms * campaign_window_ms}];
  }
  return views;
}

// ---- fraud
// ------------------------------------------------------------------------------------------------------------

inline std::string row_of(const made_transaction& each) {
  return std::to_string(each.account) + "," + std::to_string(each.cents) + "," + std::to_string(each.at_ms);
}

/// The rows of the alerts that `transaction_at(0)` to `transaction_at(count - 1)` give.
template <class TransactionAt>
std::vector<std::string> fraud_alerts(std::uint64_t count, TransactionAt&& transaction_at) {
  std::map<std::int64_t, std::int64_t> small_at;  // of the accounts whose last transaction was small
  std::vector<std::string> alerts;
  for (std::uint64_t i = 0; i < count; ++i) {
    const made_transaction each = transaction_at(i);
    const auto small = small_at.find(each.account);
    if (small != small_at.end()) {
      if (each.cents > 500'00 && each.at_ms - small->second <= 60'000) alerts.push_back(row_of(each));
      small_at.erase(small);
    }
    if (each.cents < 1'00) small_at[each.account] = each.at_ms;
  }
  return alerts;
}

// ---- dedup
// ------------------------------------------------------------------------------------------------------------

inline std::string json_of_message(std::int64_t id) {
  return R"({"id":)" + std::to_string(id) + R"(,"text":"message )" + std::to_string(id) + R"("})";
}

/// Messages 0 to `count` - 1 as JSON, each once.
inline std::vector<std::string> different_messages(std::uint64_t seed, std::uint64_t count) {
  std::set<std::int64_t> seen;
  std::vector<std::string> lines;
  for (std::uint64_t i = 0; i < count; ++i) {
    const std::int64_t id = message_id(seed, i);
    if (seen.insert(id).second) lines.push_back(json_of_message(id));
  }
  return lines;
}

// ---- flights
// ----------------------------------------------------------------------------------------------------------

struct departure {
  std::int64_t scheduled_ms = 0;
  int delay_min = 0;
  std::string origin;
};

inline std::vector<departure> departures_of(const std::vector<std::string>& json_lines) {
  std::vector<departure> all;
  for (const std::string& line : json_lines) {
    long long scheduled = 0;
    int delay = 0;
    int distance = 0;
    char origin[8] = {};
    if (std::sscanf(line.c_str(), R"({"scheduled_ms":%lld,"delay_min":%d,"distance_mi":%d,"origin":"%7[A-Z]")",
                    &scheduled, &delay, &distance, origin) == 4) {
      all.push_back({scheduled, delay, origin});
    }
  }
  return all;
}

/// Flights, total delay and worst delay of an airport on a day.
struct day {
  std::int64_t flights = 0;
  std::int64_t total_delay = 0;
  std::int64_t worst_delay = std::numeric_limits<std::int64_t>::min();
  friend bool operator==(const day&, const day&) = default;
};

struct daily_figures {
  std::map<std::pair<std::string, std::int64_t>, day> days;  ///< by airport and first millisecond of the day
  std::uint64_t late = 0;
  std::vector<std::size_t> late_departures;  ///< which
};

/// Reads one departure after the other; after every `interval` of them the event time is taken to have passed
/// everything up to `bound_min` minutes and a millisecond before the latest schedule, and days that lie wholly in that
/// past are closed.
inline daily_figures figures_of(const std::vector<departure>& departures, std::int64_t bound_min,
                                std::size_t interval) {
  constexpr std::int64_t day_ms = 86'400'000;
  daily_figures result;
  std::int64_t latest = 0;
  std::int64_t passed = std::numeric_limits<std::int64_t>::min();
  std::size_t read = 0;
  for (const departure& each : departures) {
    const std::int64_t start = each.scheduled_ms / day_ms * day_ms;
    if (start + day_ms - 1 <= passed) {
      ++result.late;
      result.late_departures.push_back(read);
    } else {
      day& of = result.days[{each.origin, start}];
      ++of.flights;
      of.total_delay += each.delay_min;
      of.worst_delay = std::max<std::int64_t>(of.worst_delay, each.delay_min);
    }
    latest = std::max(latest, each.scheduled_ms);
    if (++read % interval == 0) passed = latest - bound_min * 60'000 - 1;
  }
  return result;
}

/// Flights of an airport between two gaps of more than six hours: by its name, the millisecond of the first flight, and
/// that six hours behind the last one.
using busy_times = std::map<std::tuple<std::string, std::int64_t, std::int64_t>, std::int64_t>;

inline busy_times busy_times_of(const std::vector<departure>& departures) {
  constexpr std::int64_t gap_ms = 6 * 3'600'000;
  std::map<std::string, std::vector<std::int64_t>> times;
  for (const departure& each : departures) times[each.origin].push_back(each.scheduled_ms);
  busy_times found;
  for (auto& [airport, of] : times) {
    std::sort(of.begin(), of.end());
    for (std::size_t from = 0; from < of.size();) {
      std::size_t to = from + 1;
      while (to < of.size() && of[to] - of[to - 1] <= gap_ms) ++to;
      found[{airport, of[from], of[to - 1] + gap_ms}] = static_cast<std::int64_t>(to - from);
      from = to;
    }
  }
  return found;
}

}  // namespace model
