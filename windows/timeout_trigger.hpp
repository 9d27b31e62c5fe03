#pragma once
// Fires a window that another trigger leaves waiting too long: `timeout(count_trigger(100), 1s)`.
#include <chrono>
#include <optional>
#include <string>
#include <utility>

#include "weir/windows/time_window.hpp"
#include "weir/windows/trigger.hpp"

namespace weir {

/// From when a timeout counts: the first element since the last firing, or the last element.
enum class timeout_from : bool { first_element, last_element };
/// What a timeout leaves of the inner trigger: nothing, as if no element had come, or everything.
enum class at_timeout : bool { reset, keep };

namespace detail {

std::string timeout_text(const std::string& inner, std::chrono::milliseconds timeout, timeout_from from,
                         at_timeout then);
[[noreturn]] void refuse_timeout(std::chrono::milliseconds timeout);

}  // namespace detail

/// `Inner`, and a firing after `timeout` of processing time. Every timer of the window that is reached, also one of
/// `Inner`, counts as a timeout. It purges only if `Inner` answers the same timer with a purge.
template <class Inner>
class timeout_trigger {
 public:
  /// The inner trigger's state, and when the timeout is.
  template <class Element>
  using state_for = std::pair<trigger_state_t<Inner, Element>, std::optional<processing_clock::time_point>>;
  static constexpr bool needs_event_time = detail::trigger_needs_event_time<Inner>;

  /// Throws weir::error unless timeout > 0.
  timeout_trigger(Inner inner, std::chrono::milliseconds timeout, timeout_from from, at_timeout then)
      : inner_(std::move(inner)), timeout_(timeout), from_(from), then_(then) {
    if (timeout.count() <= 0) detail::refuse_timeout(timeout);
  }

  template <class State, class Element>
    requires requires(const Inner& inner, State& state, const Element& element, trigger_context& context) {
      inner.on_element(state.first, element, timestamp{}, context);
    }
  trigger_result on_element(State& state, const Element& element, timestamp time, trigger_context& context) const {
    const trigger_result result = inner_.on_element(state.first, element, time, context);
    if (fires(result)) {
      clear(state, context);
      return result;
    }
    if (state.second && from_ == timeout_from::last_element) forget_timeout(state, context);
    if (!state.second) {
      const timestamp now{context.processing_time().time_since_epoch()};
      state.second = processing_clock::time_point{saturating_add(now, timeout_).time_since_epoch()};
      context.register_processing_time_timer(*state.second);
    }
    return result;
  }
  template <class State>
  trigger_result on_event_time(State& state, timestamp at, trigger_context& context) const {
    return timed_out(state, detail::ask_at_event_time(inner_, state.first, at, context), context);
  }
  template <class State>
  trigger_result on_processing_time(State& state, processing_clock::time_point at, trigger_context& context) const {
    return timed_out(state, detail::ask_at_processing_time(inner_, state.first, at, context), context);
  }
  /// The earlier timeout holds.
  template <class State>
    requires detail::merges_state<Inner, decltype(State::first)>
  void merge(State& state, const State& later) const {
    inner_.merge(state.first, later.first);
    if (later.second && (!state.second || *later.second < *state.second)) state.second = later.second;
  }
  template <class State>
    requires detail::merges_state<Inner, decltype(State::first)>
  void on_merge(State& state, trigger_context& context) const {
    inner_.on_merge(state.first, context);
    if (state.second) context.register_processing_time_timer(*state.second);
  }
  template <class State>
  void clear(State& state, trigger_context& context) const {
    forget_timeout(state, context);
    inner_.clear(state.first, context);
  }
  std::string describe() const { return detail::timeout_text(inner_.describe(), timeout_, from_, then_); }

 private:
  template <class State>
  trigger_result timed_out(State& state, trigger_result result, trigger_context& context) const {
    if (then_ == at_timeout::reset) clear(state, context);
    return purges(result) ? trigger_result::fire_and_purge : trigger_result::fire;
  }
  template <class State>
  static void forget_timeout(State& state, trigger_context& context) {
    if (!state.second) return;
    context.delete_processing_time_timer(*state.second);
    state.second.reset();
  }

  Inner inner_;
  std::chrono::milliseconds timeout_;
  timeout_from from_;
  at_timeout then_;
};

/// `inner`, or `timeout` of processing time after the first element since the window fired last.
template <class Inner>
timeout_trigger<Inner> timeout(Inner inner, std::chrono::milliseconds timeout,
                               timeout_from from = timeout_from::first_element, at_timeout then = at_timeout::reset) {
  return timeout_trigger<Inner>(std::move(inner), timeout, from, then);
}

}  // namespace weir
