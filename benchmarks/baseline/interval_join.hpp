#pragma once
// An interval join by hand: one loop over both inputs in the order of their times, two deques of records per key, each
// arrival drops what has expired from the other side's and scans the rest.
#include <boost/unordered/unordered_flat_map.hpp>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <span>
#include <vector>

#include "benchmarks/random_numbers.hpp"
#include "weir/core/hash.hpp"
#include "weir/core/timestamp.hpp"
#include "weir/core/record.hpp"

namespace weir::benchmarks {

struct joined_event {
  BOOST_HANA_DEFINE_STRUCT(joined_event, (std::uint64_t, key), (timestamp, at), (std::uint64_t, value));
};

/// Events a millisecond apart, whose keys come in random order.
inline std::vector<joined_event> joined_events(std::uint64_t seed, std::size_t count, std::size_t keys) {
  std::vector<joined_event> made(count);
  for (std::size_t i = 0; i < count; ++i) {
    made[i] = {random_number(seed, i) % keys, from_epoch_ms(static_cast<std::int64_t>(i)), random_number(seed + 1, i) % 1000};
  }
  return made;
}

/// What the join is asked for: right.at in [left.at + lower, left.at + upper].
struct join_bounds {
  std::chrono::milliseconds lower;
  std::chrono::milliseconds upper;
};

/// The result of a pair, and what all of them are folded to.
inline std::uint64_t pair_value(const joined_event& left, const joined_event& right) {
  return left.value * 1009 + right.value;
}

[[gnu::noinline]] inline std::uint64_t hand_interval_join(std::span<const joined_event> left,
                                                          std::span<const joined_event> right, join_bounds bounds) {
  struct hash_key {
    using is_avalanching = void;
    std::size_t operator()(std::uint64_t key) const { return stable_hash(key); }
  };
  struct both_sides {
    std::deque<joined_event> left;
    std::deque<joined_event> right;
  };
  boost::unordered_flat_map<std::uint64_t, both_sides, hash_key> kept;
  std::uint64_t sum = 0;
  std::size_t l = 0;
  std::size_t r = 0;
  while (l < left.size() || r < right.size()) {
    if (r == right.size() || (l < left.size() && left[l].at <= right[r].at)) {
      const joined_event& event = left[l++];
      both_sides& sides = kept[event.key];
      while (!sides.right.empty() && sides.right.front().at < event.at + bounds.lower) sides.right.pop_front();
      for (const joined_event& other : sides.right) {
        if (other.at > event.at + bounds.upper) break;
        sum += pair_value(event, other);
      }
      sides.left.push_back(event);
    } else {
      const joined_event& event = right[r++];
      both_sides& sides = kept[event.key];
      while (!sides.left.empty() && sides.left.front().at + bounds.upper < event.at) sides.left.pop_front();
      for (const joined_event& other : sides.left) {
        if (other.at + bounds.lower > event.at) break;
        sum += pair_value(other, event);
      }
      sides.right.push_back(event);
    }
  }
  return sum;
}

}  // namespace weir::benchmarks
