#pragma once
// Timers with set semantics as one writes them by hand: a priority queue for the order, and a hash set of all
// registered timers, so that registering twice fires once. Boost's flat set is the fastest of the usual ones. Needs
// Boost 1.81 or later (libboost1.81-dev).
#include <boost/unordered/unordered_flat_set.hpp>
#include <cstddef>
#include <cstdint>
#include <queue>
#include <vector>

#include "benchmarks/random_numbers.hpp"

namespace weir::benchmarks {

struct hand_timer {
  std::int64_t time;
  std::uint64_t key;
  friend bool operator==(const hand_timer&, const hand_timer&) = default;
};

struct later_hand_timer {
  bool operator()(const hand_timer& left, const hand_timer& right) const { return left.time > right.time; }
};

struct hand_timer_hash {
  using is_avalanching = void;
  std::size_t operator()(const hand_timer& timer) const {
    return random_number(timer.key, static_cast<std::uint64_t>(timer.time));
  }
};

class hand_timers {
 public:
  void add(std::int64_t time, std::uint64_t key) {
    if (registered_.insert({time, key}).second) queue_.push({time, key});
  }

  /// Takes the earliest timer if it is at or before `limit`.
  bool take(std::int64_t limit, hand_timer& out) {
    if (queue_.empty() || queue_.top().time > limit) return false;
    out = queue_.top();
    queue_.pop();
    registered_.erase(out);
    return true;
  }

 private:
  std::priority_queue<hand_timer, std::vector<hand_timer>, later_hand_timer> queue_;
  boost::unordered_flat_set<hand_timer, hand_timer_hash> registered_;
};

}  // namespace weir::benchmarks
