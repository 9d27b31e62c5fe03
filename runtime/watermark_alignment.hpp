#pragma once
// Watermark alignment: sources of a group do not run further ahead of the slowest of them than a user allows, so that
// joins and windows behind them need not keep what one reads long before its time. A source subtask that is ahead
// pauses; barriers pass, and it is not idle meanwhile. `event_time(...).align("group", 30s)` asks for it.
//
// It cannot deadlock: the slowest member never pauses, and one that is idle or has read everything does not count.
#include <atomic>
#include <chrono>
#include <cstdint>
#include <deque>
#include <map>
#include <string>

#include "weir/core/clock.hpp"
#include "weir/core/timestamp.hpp"

namespace weir::detail {

/// What a user asks for.
struct alignment_request {
  std::string group;
  std::chrono::milliseconds drift{0};     ///< how far the watermark of a split may be ahead of the least in the group
  std::chrono::milliseconds interval{0};  ///< how often one that pauses looks again

  /// Throws weir::error for an empty name, a negative drift, or an interval of nothing.
  void check() const;
};

/// All sources of one group in one run. Members join before the run begins; after that it is safe from any thread.
class alignment_group {
 public:
  /// One subtask of a source: what it says is how far the split that it reads has come.
  class member {
   public:
    explicit member(alignment_group& group) : group_(&group) {}

    void report(timestamp watermark) noexcept { watermark_.store(epoch_ms(watermark), std::memory_order_relaxed); }
    /// It is idle, or has ended: nobody waits for it until it reports again.
    void leave() noexcept { report(max_timestamp); }
    timestamp watermark() const noexcept { return from_epoch_ms(watermark_.load(std::memory_order_relaxed)); }

    /// How far the members may go now.
    timestamp limit(std::chrono::milliseconds drift) const noexcept;

   private:
    alignment_group* group_;
    std::atomic<std::int64_t> watermark_{epoch_ms(min_timestamp)};
  };

  /// Stays where it is as long as the group. It counts, at the lowest watermark, from now on.
  member& join() { return members_.emplace_back(*this); }

  /// The least watermark of the members that count; weir::max_timestamp where none does.
  timestamp least() const noexcept;

 private:
  std::deque<member> members_;
};

/// The groups of one run, by name.
class alignment_groups {
 public:
  alignment_group& find(const std::string& name) { return groups_[name]; }

 private:
  std::map<std::string, alignment_group> groups_;
};

/// Where a source subtask stands in its group; one that is in none is never held back. Belongs to the subtask.
class place_in_group {
 public:
  /// Before the run. `request` outlives it.
  void join(alignment_groups& groups, const alignment_request& request);

  /// Whether a split whose watermark is `own` has to wait. What the group allows is looked up when it is needed, and
  /// while it waits once an interval.
  bool holds_back(timestamp own, const clock& clock) {
    if (member_ == nullptr || own <= allowed_) [[likely]]
      return paused_ = false;
    return look_up(own, clock);
  }
  bool paused() const noexcept { return paused_; }
  /// The next look is at once.
  void go_on() noexcept { paused_ = false; }

  void report(timestamp watermark) noexcept {
    if (member_ != nullptr) member_->report(watermark);
  }
  void leave() noexcept {
    if (member_ != nullptr) member_->leave();
  }

 private:
  bool look_up(timestamp own, const clock& clock);

  alignment_group::member* member_ = nullptr;
  const alignment_request* request_ = nullptr;
  timestamp allowed_ = min_timestamp;  // as of the last look
  std::chrono::nanoseconds next_look_{0};
  bool paused_ = false;
};

}  // namespace weir::detail
