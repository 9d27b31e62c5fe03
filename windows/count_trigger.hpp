#pragma once
// Fires a window after every n elements.
#include <cstdint>
#include <string>
#include <string_view>

#include "weir/windows/trigger.hpp"

namespace weir {
namespace detail {

[[noreturn]] void refuse_count(std::string_view what, std::int64_t count);

}  // namespace detail

/// Fires when a window has had `count` elements since it fired last; they stay in the window (see purging). Counts of
/// windows that merge are added, and looked at with the next element.
class count_trigger {
 public:
  using state_type = std::int64_t;

  /// Throws weir::error unless count > 0.
  explicit count_trigger(std::int64_t count) : count_(count) {
    if (count <= 0) detail::refuse_count("count_trigger", count);
  }

  template <class Element>
  trigger_result on_element(state_type& seen, const Element&, timestamp, trigger_context&) const noexcept {
    if (++seen < count_) return trigger_result::continue_;
    seen = 0;
    return trigger_result::fire;
  }
  void merge(state_type& seen, const state_type& later) const noexcept { seen += later; }
  void on_merge(state_type&, trigger_context&) const noexcept {}
  void clear(state_type& seen, trigger_context&) const noexcept { seen = 0; }
  std::string describe() const { return "count_trigger(" + std::to_string(count_) + ")"; }

 private:
  std::int64_t count_;
};

}  // namespace weir
