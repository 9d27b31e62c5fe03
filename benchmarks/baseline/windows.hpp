#pragma once
// Windows by hand, one loop each, counting events per key. A tumbling window is one flat map, gone through and emptied
// when the first event of the next window comes. Sessions lie in one flat map, and a ring of lists says at which
// millisecond to look at which key: one entry per open session, put back when that has grown.
#include <boost/unordered/unordered_flat_map.hpp>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "benchmarks/random_numbers.hpp"
#include "weir/core/hash.hpp"
#include "weir/core/record.hpp"
#include "weir/core/timestamp.hpp"

namespace weir::benchmarks {

struct window_event {
  BOOST_HANA_DEFINE_STRUCT(window_event, (std::uint64_t, key), (timestamp, at));
};

/// A million events per second in the order of their times, with keys at random. Times are even: no two events lie as far
/// apart as an odd gap, where it would depend on the watermark whether they are in one session.
inline window_event window_event_at(std::uint64_t keys, std::uint64_t i) {
  return {((random_number(11, i) >> 32) * keys) >> 32, from_epoch_ms(static_cast<std::int64_t>(i / 2000 * 2))};
}

/// What all results are folded to.
inline std::uint64_t value_of_count(std::uint64_t key, std::int64_t end_ms, std::int64_t count) {
  return (key + 1) * static_cast<std::uint64_t>(count * count) + static_cast<std::uint64_t>(end_ms);
}

struct hash_window_key {
  using is_avalanching = void;
  std::size_t operator()(std::uint64_t key) const { return stable_hash(key); }
};

[[gnu::noinline]] inline std::uint64_t hand_tumbling_counts(std::uint64_t keys, std::uint64_t events, std::int64_t size_ms) {
  boost::unordered_flat_map<std::uint64_t, std::int64_t, hash_window_key> counts;
  std::uint64_t sum = 0;
  std::int64_t end = size_ms;
  const auto fire = [&] {
    for (const auto& [key, count] : counts) sum += value_of_count(key, end, count);
    counts.clear();
  };
  for (std::uint64_t i = 0; i < events; ++i) {
    const window_event event = window_event_at(keys, i);
    while (epoch_ms(event.at) >= end) {
      fire();
      end += size_ms;
    }
    ++counts[event.key];
  }
  fire();
  return sum;
}

[[gnu::noinline]] inline std::uint64_t hand_session_counts(std::uint64_t keys, std::uint64_t events, std::int64_t gap_ms) {
  struct session {
    std::int64_t end = 0;
    std::int64_t count = 0;
  };
  boost::unordered_flat_map<std::uint64_t, session, hash_window_key> open;
  std::vector<std::vector<std::uint64_t>> calendar(static_cast<std::size_t>(gap_ms) + 1);
  const auto day = [&](std::int64_t ms) -> std::vector<std::uint64_t>& {
    return calendar[static_cast<std::size_t>(ms) % calendar.size()];
  };
  std::uint64_t sum = 0;
  std::int64_t now = 0;
  std::vector<std::uint64_t> due;
  const auto advance = [&](std::int64_t to) {  // sessions that end at `to` or before cannot grow any more
    for (; now < to; ++now) {
      due.swap(day(now));
      for (const std::uint64_t key : due) {
        const auto found = open.find(key);
        if (found->second.end > now) {
          day(found->second.end).push_back(key);
          continue;
        }
        sum += value_of_count(key, found->second.end, found->second.count);
        open.erase(found);
      }
      due.clear();
    }
  };
  for (std::uint64_t i = 0; i < events; ++i) {
    const window_event event = window_event_at(keys, i);
    const std::int64_t ms = epoch_ms(event.at);
    if (ms > now) advance(ms);
    session& of = open[event.key];
    if (of.count == 0) day(ms + gap_ms).push_back(event.key);
    of.end = ms + gap_ms;
    ++of.count;
  }
  advance(now + gap_ms + 1);
  return sum;
}

}  // namespace weir::benchmarks
