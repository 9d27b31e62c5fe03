#pragma once
// One window with a trigger, moved by hand: elements, watermarks, the clock.
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "weir/core/codec.hpp"
#include "weir/windows/trigger.hpp"

namespace weir::testing {

template <class Trigger, class Element = int>
class triggered_window {
 public:
  using state_type = trigger_state_t<Trigger, Element>;

  triggered_window(Trigger trigger, std::int64_t start, std::int64_t end)
      : trigger_(std::move(trigger)), window_{from_epoch_ms(start), from_epoch_ms(end)} {}

  trigger_result element(const Element& value, std::int64_t time) {
    return call(
        [&](trigger_context& context) { return trigger_.on_element(state, value, from_epoch_ms(time), context); });
  }
  trigger_result event_time(std::int64_t at) {
    weir::detail::remove_timer(event_timers, from_epoch_ms(at));
    return call([&](trigger_context& context) {
      return weir::detail::ask_at_event_time(trigger_, state, from_epoch_ms(at), context);
    });
  }
  trigger_result processing_time(std::int64_t at) {
    weir::detail::remove_timer(processing_timers, from_epoch_ms(at));
    return call([&](trigger_context& context) {
      return weir::detail::ask_at_processing_time(
          trigger_, state, processing_clock::time_point{from_epoch_ms(at).time_since_epoch()}, context);
    });
  }
  /// Becomes [start, end) with what `other` remembers.
  void merge(const triggered_window& other, std::int64_t start, std::int64_t end) {
    window_ = {from_epoch_ms(start), from_epoch_ms(end)};
    event_timers.clear();
    processing_timers.clear();
    trigger_.merge(state, other.state);
    call([&](trigger_context& context) {
      trigger_.on_merge(state, context);
      return trigger_result::continue_;
    });
  }
  void clear() {
    call([&](trigger_context& context) {
      trigger_.clear(state, context);
      return trigger_result::continue_;
    });
  }
  /// What a snapshot would make of it.
  void write_and_read() {
    std::string bytes;
    encode(state, bytes);
    state = decode_all<state_type>(bytes);
  }

  state_type state{};
  std::int64_t watermark = epoch_ms(min_timestamp);
  std::int64_t now = 0;
  weir::detail::pane_timers event_timers;
  weir::detail::pane_timers processing_timers;

 private:
  template <class Call>
  trigger_result call(Call&& make) {
    const auto read = [](void* of) {
      return processing_clock::time_point{processing_clock::duration{static_cast<triggered_window*>(of)->now}};
    };
    weir::detail::end_of_life endless;
    trigger_context context(window_, endless, from_epoch_ms(watermark), {read, this}, event_timers, processing_timers);
    return make(context);
  }

  Trigger trigger_;
  time_window window_;
};

inline weir::detail::pane_timers at(std::initializer_list<std::int64_t> times) {
  weir::detail::pane_timers timers;
  for (const std::int64_t time : times) timers.push_back(from_epoch_ms(time));
  return timers;
}

}  // namespace weir::testing
