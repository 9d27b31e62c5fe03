#pragma once
// Everything that `window(...)` says: which windows, when they fire, what is taken out then, how long late elements are
// welcome. `window(session(30s)).trigger(continuous(1s)).evictor(count_evictor(100)).allowed_lateness(1min)`.
#include <chrono>
#include <cstdint>
#include <string>
#include <tuple>
#include <type_traits>
#include <utility>

#include "weir/windows/count_trigger.hpp"
#include "weir/windows/evictor.hpp"
#include "weir/windows/global.hpp"
#include "weir/windows/purging_trigger.hpp"
#include "weir/windows/time_triggers.hpp"
#include "weir/windows/trigger.hpp"
#include "weir/windows/window_assigner.hpp"

namespace weir {

/// Stands for the trigger that windows have by themselves.
struct default_trigger {};
/// Stands for no evictor.
struct no_evictor {};

namespace detail {

/// The global window needs no event time.
template <class Assigner>
inline constexpr bool is_global = std::is_same_v<Assigner, global_windows>;
/// Whether windows end by the watermark, or by the wall clock; those of the global window never end.
template <class Assigner>
inline constexpr bool ends_in_event_time =
    !is_global<Assigner> && !std::is_same_v<typename Assigner::clock, processing_clock>;
template <class Assigner>
inline constexpr bool ends_in_processing_time = std::is_same_v<typename Assigner::clock, processing_clock>;

/// What default_trigger stands for: the end of the window by its clock, if it fires by itself at all.
template <class Clock>
class end_of_window_trigger {
  using timed =
      std::conditional_t<std::is_same_v<Clock, processing_clock>, processing_time_trigger, event_time_trigger>;

 public:
  using state_type = std::tuple<>;

  explicit end_of_window_trigger(bool fires) : fires_(fires) {}

  template <class Element>
  trigger_result on_element(state_type& state, const Element& element, timestamp time, trigger_context& context) const {
    return fires_ ? timed().on_element(state, element, time, context) : trigger_result::continue_;
  }
  trigger_result on_event_time(state_type& state, timestamp at, trigger_context& context) const
    requires sees_event_time<timed, state_type>
  {
    return fires_ ? timed().on_event_time(state, at, context) : trigger_result::continue_;
  }
  trigger_result on_processing_time(state_type& state, processing_clock::time_point at, trigger_context& context) const
    requires sees_processing_time<timed, state_type>
  {
    return fires_ ? timed().on_processing_time(state, at, context) : trigger_result::continue_;
  }
  void merge(state_type&, const state_type&) const noexcept {}
  void on_merge(state_type& state, trigger_context& context) const {
    if (fires_) timed().on_merge(state, context);
  }
  void clear(state_type& state, trigger_context& context) const {
    if (fires_) timed().clear(state, context);
  }
  std::string describe() const { return "default"; }

 private:
  bool fires_;
};

template <class Assigner, class Trigger>
auto effective_trigger(const Assigner& assigner, const Trigger& trigger) {
  if constexpr (std::is_same_v<Trigger, default_trigger>) {
    return end_of_window_trigger<typename Assigner::clock>(assigner.fires());
  } else {
    return trigger;
  }
}

std::string windowing_text(std::string assigner, const std::string& trigger, const std::string& evictor,
                           std::chrono::milliseconds lateness);
[[noreturn]] void refuse_lateness(std::chrono::milliseconds lateness);

}  // namespace detail

/// An assigner with what has been said about it. `may_refire`: a window may fire more than once, so that results tell
/// their panes apart.
template <class Assigner, class Trigger = default_trigger, class Evictor = no_evictor, bool WithLateness = false>
struct windowing {
  using assigner_type = Assigner;
  using trigger_type = Trigger;
  using evictor_type = Evictor;
  static constexpr bool may_refire = WithLateness || !std::is_same_v<Trigger, default_trigger>;

  Assigner assigner;
  Trigger trigger{};
  Evictor evictor{};
  std::chrono::milliseconds lateness{0};

  std::string describe() const {
    std::string trigger_text;
    std::string evictor_text;
    if constexpr (requires { trigger.describe(); }) trigger_text = trigger.describe();
    if constexpr (requires { evictor.describe(); }) evictor_text = evictor.describe();
    return detail::windowing_text(assigner.describe(), trigger_text, evictor_text, lateness);
  }
};

namespace detail {

template <class Type>
inline constexpr bool is_windowing = false;
template <class Assigner, class Trigger, class Evictor, bool WithLateness>
inline constexpr bool is_windowing<windowing<Assigner, Trigger, Evictor, WithLateness>> = true;

}  // namespace detail

/// Windows of `count` elements of a key each. What is left over at the end of the input comes out nowhere.
inline windowing<global_windows, purging_trigger<count_trigger>> count_window(std::int64_t count) {
  return {global(), purging(count_trigger(count))};
}
/// The last `count` elements of a key, after every `slide` elements; the first windows have fewer.
inline auto count_window(std::int64_t count, std::int64_t slide) {
  using evictor = decltype(count_evictor(count));
  return windowing<global_windows, count_trigger, evictor>{global(), count_trigger(slide), count_evictor(count)};
}

}  // namespace weir
