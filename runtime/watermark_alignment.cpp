#include "weir/runtime/watermark_alignment.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "weir/core/error.hpp"

namespace weir::detail {

void alignment_request::check() const {
  if (group.empty())
    throw error(
        "weir: align(\"\", ...): the group has no name; give sources that are to wait for each other the same one");
  if (drift.count() < 0) {
    throw error(
        fmt::format("weir: align(\"{}\", {}ms): the slowest source of a group cannot be ahead of itself; give how far "
                    "the others may be ahead of it, 0 or more",
                    group, drift.count()));
  }
  if (interval.count() <= 0) {
    throw error(
        fmt::format("weir: align(\"{}\", ..., {}ms): a source that pauses has to look again at times; give an interval "
                    "above zero",
                    group, interval.count()));
  }
}

timestamp alignment_group::least() const noexcept {
  timestamp found = max_timestamp;
  for (const member& each : members_) found = std::min(found, each.watermark());
  return found;
}

timestamp alignment_group::member::limit(std::chrono::milliseconds drift) const noexcept {
  const timestamp least = group_->least();
  return least > max_timestamp - drift ? max_timestamp : least + drift;
}

void place_in_group::join(alignment_groups& groups, const alignment_request& request) {
  member_ = &groups.find(request.group).join();
  request_ = &request;
}

bool place_in_group::look_up(timestamp own, const clock& clock) {
  const std::chrono::nanoseconds now = clock.monotonic();
  if (paused_ && now < next_look_) return true;
  allowed_ = member_->limit(request_->drift);
  next_look_ = now + request_->interval;
  return paused_ = own > allowed_;
}

}  // namespace weir::detail
