#pragma once
// Empties a window each time it fires: `purging(count_trigger(100))`.
#include <string>
#include <utility>

#include "weir/windows/trigger.hpp"

namespace weir {

/// Makes fire_and_purge of each fire of `Inner`, which says everything else.
template <class Inner>
class purging_trigger {
 public:
  template <class Element>
  using state_for = trigger_state_t<Inner, Element>;
  static constexpr bool needs_event_time = detail::trigger_needs_event_time<Inner>;

  explicit purging_trigger(Inner inner) : inner_(std::move(inner)) {}

  template <class State, class Element>
    requires requires(const Inner& inner, State& state, const Element& element, trigger_context& context) {
      inner.on_element(state, element, timestamp{}, context);
    }
  trigger_result on_element(State& state, const Element& element, timestamp time, trigger_context& context) const {
    return purged(inner_.on_element(state, element, time, context));
  }
  template <class State>
    requires detail::sees_event_time<Inner, State>
  trigger_result on_event_time(State& state, timestamp at, trigger_context& context) const {
    return purged(inner_.on_event_time(state, at, context));
  }
  template <class State>
    requires detail::sees_processing_time<Inner, State>
  trigger_result on_processing_time(State& state, processing_clock::time_point at, trigger_context& context) const {
    return purged(inner_.on_processing_time(state, at, context));
  }
  template <class State>
    requires detail::merges_state<Inner, State>
  void merge(State& state, const State& later) const {
    inner_.merge(state, later);
  }
  template <class State>
    requires detail::merges_state<Inner, State>
  void on_merge(State& state, trigger_context& context) const {
    inner_.on_merge(state, context);
  }
  template <class State>
  void clear(State& state, trigger_context& context) const {
    inner_.clear(state, context);
  }
  std::string describe() const { return "purging(" + inner_.describe() + ")"; }

 private:
  static trigger_result purged(trigger_result result) noexcept {
    return fires(result) ? trigger_result::fire_and_purge : result;
  }

  Inner inner_;
};

template <class Inner>
purging_trigger<Inner> purging(Inner inner) {
  return purging_trigger<Inner>(std::move(inner));
}

}  // namespace weir
