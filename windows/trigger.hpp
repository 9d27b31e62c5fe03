#pragma once
// When a window fires. A trigger sees each element of a window and the timers that it has registered there, and answers
// whether the contents are to be emitted, dropped, both or neither. `window(sliding(60s,
// 1s)).trigger(count_trigger(9))`.
#include <algorithm>
#include <concepts>
#include <cstdint>
#include <string>
#include <type_traits>
#include <vector>

#include "weir/core/timestamp.hpp"
#include "weir/windows/time_window.hpp"

namespace weir {

/// `purge` drops the contents only: the window with its trigger's state and timers lives on until its end.
enum class trigger_result : std::uint8_t { continue_ = 0, fire = 1, purge = 2, fire_and_purge = 3 };

constexpr bool fires(trigger_result result) noexcept { return (static_cast<unsigned>(result) & 1u) != 0; }
constexpr bool purges(trigger_result result) noexcept { return (static_cast<unsigned>(result) & 2u) != 0; }

namespace detail {

/// The timers of a window in one time domain: few, ascending, each once.
using pane_timers = std::vector<timestamp>;

inline bool add_timer(pane_timers& timers, timestamp at) {
  const auto place = std::lower_bound(timers.begin(), timers.end(), at);
  if (place != timers.end() && *place == at) return false;
  timers.insert(place, at);
  return true;
}
inline bool remove_timer(pane_timers& timers, timestamp at) {
  const auto place = std::lower_bound(timers.begin(), timers.end(), at);
  if (place == timers.end() || *place != at) return false;
  timers.erase(place);
  return true;
}

/// Reads the wall clock, when it is asked.
struct clock_reader {
  processing_clock::time_point (*read)(void* of);
  void* of;
};

/// The end of a window's life, at which its trigger is asked without having registered a timer. One that deletes a timer
/// of this very time is not asked, unless it registers it again or another element comes.
struct end_of_life {
  enum class clock : std::uint8_t { none, event, processing };
  clock by = clock::none;
  timestamp at{};
  bool deleted = false;
  bool is(clock by_clock, timestamp time) const noexcept { return by == by_clock && at == time; }
};

}  // namespace detail

/// What a trigger sees of one window of one key; valid during one call. Timers belong to that window: a time is
/// registered once however often it is asked for, and all of them go when the window goes.
class trigger_context {
 public:
  trigger_context(const time_window& window, detail::end_of_life& end, timestamp watermark, detail::clock_reader clock,
                  detail::pane_timers& event_timers, detail::pane_timers& processing_timers)
      : window_(window),
        end_(end),
        watermark_(watermark),
        clock_(clock),
        event_timers_(event_timers),
        processing_timers_(processing_timers) {}
  trigger_context(const trigger_context&) = delete;
  trigger_context& operator=(const trigger_context&) = delete;

  const time_window& window() const noexcept { return window_; }
  /// weir::min_timestamp before the first one.
  timestamp current_watermark() const noexcept { return watermark_; }
  processing_clock::time_point processing_time() const { return clock_.read(clock_.of); }
  /// Whether the wall clock ends the window.
  bool ends_in_processing_time() const noexcept { return end_.by == detail::end_of_life::clock::processing; }

  /// on_event_time(..., at, ...) is called once the watermark has reached `at`; where it has already, with the next
  /// one.
  void register_event_time_timer(timestamp at) { add(detail::end_of_life::clock::event, event_timers_, at); }
  /// Does nothing if there is no such timer.
  void delete_event_time_timer(timestamp at) { remove(detail::end_of_life::clock::event, event_timers_, at); }
  /// The same for the wall clock.
  void register_processing_time_timer(processing_clock::time_point at) {
    add(detail::end_of_life::clock::processing, processing_timers_, timestamp{at.time_since_epoch()});
  }
  void delete_processing_time_timer(processing_clock::time_point at) {
    remove(detail::end_of_life::clock::processing, processing_timers_, timestamp{at.time_since_epoch()});
  }

 private:
  void add(detail::end_of_life::clock by, detail::pane_timers& timers, timestamp at) {
    if (end_.is(by, at)) {
      end_.deleted = false;
    } else {
      detail::add_timer(timers, at);
    }
  }
  void remove(detail::end_of_life::clock by, detail::pane_timers& timers, timestamp at) {
    if (end_.is(by, at)) {
      end_.deleted = true;
    } else {
      detail::remove_timer(timers, at);
    }
  }

  const time_window& window_;
  detail::end_of_life& end_;
  timestamp watermark_;
  detail::clock_reader clock_;
  detail::pane_timers& event_timers_;
  detail::pane_timers& processing_timers_;
};

namespace detail {

template <class Trigger, class Element>
struct trigger_state {};
template <class Trigger, class Element>
  requires requires { typename Trigger::state_type; }
struct trigger_state<Trigger, Element> {
  using type = typename Trigger::state_type;
};
template <class Trigger, class Element>
  requires requires { typename Trigger::template state_for<Element>; }
struct trigger_state<Trigger, Element> {
  using type = typename Trigger::template state_for<Element>;
};

}  // namespace detail

/// What `Trigger` remembers per window of elements of this type.
template <class Trigger, class Element>
using trigger_state_t = typename detail::trigger_state<Trigger, Element>::type;

/// Whether it can be told of an element.
///
///   using state_type = ...                      what it remembers per window: default constructible, with a binary
///   form
///                                               (core/codec.hpp); std::tuple<> for nothing. Or, where that depends on
///                                               the elements, template <class Element> using state_for = ...
///   trigger_result on_element(state&, const Element&, timestamp time, trigger_context&) const
///                                               `time` is weir::min_timestamp for an element without event time
///   void clear(state&, trigger_context&) const  forgets and deletes its timers, as if nothing had come yet
///   std::string describe() const                as the user wrote it, for the plan
///
/// and, as far as it needs them,
///
///   trigger_result on_event_time(state&, timestamp at, trigger_context&) const
///   trigger_result on_processing_time(state&, processing_clock::time_point at, trigger_context&) const
///                                               a timer of the window, or its end, has been reached
///   void merge(state& into, const state& later) const
///   void on_merge(state&, trigger_context&) const
///                                               windows have become one, which has no timers yet: states are merged,
///                                               then timers registered. Windows that merge need both.
///   static constexpr bool needs_event_time      it never fires on a stream without event time
template <class Trigger, class Element>
concept trigger_for = std::copy_constructible<Trigger> && requires { typename trigger_state_t<Trigger, Element>; } &&
                      requires(const Trigger& trigger, trigger_state_t<Trigger, Element>& state, const Element& element,
                               timestamp time, trigger_context& context) {
                        { trigger.on_element(state, element, time, context) } -> std::same_as<trigger_result>;
                        trigger.clear(state, context);
                        { trigger.describe() } -> std::convertible_to<std::string>;
                      };

namespace detail {

template <class Trigger, class State>
concept sees_event_time = requires(const Trigger& trigger, State& state, timestamp at, trigger_context& context) {
  { trigger.on_event_time(state, at, context) } -> std::same_as<trigger_result>;
};
template <class Trigger, class State>
concept sees_processing_time =
    requires(const Trigger& trigger, State& state, processing_clock::time_point at, trigger_context& context) {
      { trigger.on_processing_time(state, at, context) } -> std::same_as<trigger_result>;
    };
template <class Trigger, class State>
concept merges_state = requires(const Trigger& trigger, State& state, const State& later, trigger_context& context) {
  trigger.merge(state, later);
  trigger.on_merge(state, context);
};

/// Whether a trigger says that it needs event time.
template <class Trigger>
inline constexpr bool trigger_needs_event_time = [] {
  if constexpr (requires { Trigger::needs_event_time; }) {
    return Trigger::needs_event_time;
  } else {
    return false;
  }
}();

/// What an inner trigger says to a time that it may not want to know of.
template <class Trigger, class State>
trigger_result ask_at_event_time(const Trigger& trigger, State& state, timestamp at, trigger_context& context) {
  if constexpr (sees_event_time<Trigger, State>) {
    return trigger.on_event_time(state, at, context);
  } else {
    return trigger_result::continue_;
  }
}
template <class Trigger, class State>
trigger_result ask_at_processing_time(const Trigger& trigger, State& state, processing_clock::time_point at,
                                      trigger_context& context) {
  if constexpr (sees_processing_time<Trigger, State>) {
    return trigger.on_processing_time(state, at, context);
  } else {
    return trigger_result::continue_;
  }
}

}  // namespace detail

/// Whether windows that merge can have this trigger.
template <class Trigger, class Element>
inline constexpr bool trigger_can_merge = detail::merges_state<Trigger, trigger_state_t<Trigger, Element>>;

}  // namespace weir
