#pragma once
// A set of times in a vector: the timers of a key that has more than one. See timer_times.hpp.
#include <algorithm>
#include <cstddef>
#include <vector>

#include "weir/core/timestamp.hpp"

namespace weir::detail {

/// Adding the latest and removing the earliest time takes constant time; others move those between. Keeps its memory.
class sorted_times {
 public:
  bool empty() const noexcept { return first_ == times_.size(); }
  std::size_t size() const noexcept { return times_.size() - first_; }
  auto begin() const noexcept { return times_.begin() + static_cast<std::ptrdiff_t>(first_); }
  auto end() const noexcept { return times_.end(); }

  /// Of its array.
  std::size_t memory_bytes() const noexcept { return times_.capacity() * sizeof(timestamp); }

  bool contains(timestamp time) const noexcept { return std::binary_search(begin(), end(), time); }

  /// False if it is there already.
  bool add(timestamp time) {
    if (empty() || time > times_.back()) {
      if (times_.size() == times_.capacity() && first_ > times_.size() / 2) close_gap();
      times_.push_back(time);
      return true;
    }
    const auto place = std::lower_bound(begin(), end(), time);
    if (*place == time) return false;
    if (place == begin() && first_ > 0) {
      times_[--first_] = time;
    } else {
      times_.insert(place, time);
    }
    return true;
  }

  /// False if it is not there.
  bool remove(timestamp time) noexcept {
    const auto place = std::lower_bound(begin(), end(), time);
    if (place == end() || *place != time) return false;
    if (place == begin()) {
      ++first_;
    } else {
      times_.erase(place);
    }
    if (empty()) {
      times_.clear();
      first_ = 0;
    }
    return true;
  }

 private:
  void close_gap() noexcept {
    times_.erase(times_.begin(), begin());
    first_ = 0;
  }

  std::vector<timestamp> times_;
  std::size_t first_ = 0;  ///< those before it have been removed
};

}  // namespace weir::detail
