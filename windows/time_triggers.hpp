#pragma once
// The triggers that windows of time have by themselves: they fire when the clock reaches the window's end.
#include <string>
#include <tuple>

#include "weir/windows/trigger.hpp"

namespace weir {

/// Fires when the watermark reaches the window's last instant, and for each element that comes after that.
class event_time_trigger {
 public:
  using state_type = std::tuple<>;
  static constexpr bool needs_event_time = true;

  template <class Element>
  trigger_result on_element(state_type&, const Element&, timestamp, trigger_context& context) const {
    if (context.window().max_timestamp() <= context.current_watermark()) return trigger_result::fire;
    context.register_event_time_timer(context.window().max_timestamp());
    return trigger_result::continue_;
  }
  trigger_result on_event_time(state_type&, timestamp at, trigger_context& context) const {
    return at == context.window().max_timestamp() ? trigger_result::fire : trigger_result::continue_;
  }
  void merge(state_type&, const state_type&) const noexcept {}
  /// No timer where the end has passed: the element that joined the windows fires the new one.
  void on_merge(state_type&, trigger_context& context) const {
    if (context.window().max_timestamp() > context.current_watermark()) {
      context.register_event_time_timer(context.window().max_timestamp());
    }
  }
  void clear(state_type&, trigger_context& context) const {
    context.delete_event_time_timer(context.window().max_timestamp());
  }
  std::string describe() const { return "on_event_time()"; }
};

/// Fires when the wall clock reaches the window's last instant.
class processing_time_trigger {
 public:
  using state_type = std::tuple<>;

  template <class Element>
  trigger_result on_element(state_type&, const Element&, timestamp, trigger_context& context) const {
    context.register_processing_time_timer(end_of(context));
    return trigger_result::continue_;
  }
  trigger_result on_processing_time(state_type&, processing_clock::time_point, trigger_context&) const noexcept {
    return trigger_result::fire;
  }
  void merge(state_type&, const state_type&) const noexcept {}
  void on_merge(state_type&, trigger_context& context) const {
    if (end_of(context) > context.processing_time()) context.register_processing_time_timer(end_of(context));
  }
  void clear(state_type&, trigger_context& context) const { context.delete_processing_time_timer(end_of(context)); }
  std::string describe() const { return "on_processing_time()"; }

 private:
  static processing_clock::time_point end_of(const trigger_context& context) noexcept {
    return processing_clock::time_point{context.window().max_timestamp().time_since_epoch()};
  }
};

/// Never fires: what global windows have by themselves.
class never_trigger {
 public:
  using state_type = std::tuple<>;

  template <class Element>
  trigger_result on_element(state_type&, const Element&, timestamp, trigger_context&) const noexcept {
    return trigger_result::continue_;
  }
  void merge(state_type&, const state_type&) const noexcept {}
  void on_merge(state_type&, trigger_context&) const noexcept {}
  void clear(state_type&, trigger_context&) const noexcept {}
  std::string describe() const { return "never()"; }
};

/// Fires a window when the watermark reaches its end, and again for each late element within the allowed lateness.
inline event_time_trigger on_event_time() { return {}; }
/// Fires a window when the wall clock reaches its end.
inline processing_time_trigger on_processing_time() { return {}; }

}  // namespace weir
