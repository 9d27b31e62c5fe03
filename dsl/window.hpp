#pragma once
// window, window_all: say in which windows the next aggregate or process function works, when those fire, and how late
// elements may come.
#include <chrono>
#include <concepts>
#include <type_traits>
#include <utility>

#include "weir/dsl/operator.hpp"
#include "weir/dsl/window_context.hpp"
#include "weir/windows/continuous_trigger.hpp"
#include "weir/windows/count_trigger.hpp"
#include "weir/windows/delta_trigger.hpp"
#include "weir/windows/evictor.hpp"
#include "weir/windows/global.hpp"
#include "weir/windows/purging_trigger.hpp"
#include "weir/windows/session.hpp"
#include "weir/windows/sliding.hpp"
#include "weir/windows/time_triggers.hpp"
#include "weir/windows/timeout_trigger.hpp"
#include "weir/windows/tumbling.hpp"
#include "weir/windows/window_assigner.hpp"
#include "weir/windows/windowing.hpp"

namespace weir {
namespace detail {

/// The global window needs no event time, nor do windows by the wall clock.
template <class Assigner, class Clock>
inline constexpr bool clock_fits = !ends_in_event_time<Assigner> || std::is_same_v<Clock, event_clock>;

/// One window per point in event time, or sliding ones.
template <class Assigner>
inline constexpr bool has_own_operator =
    std::is_same_v<Assigner, sliding_windows> ||
    (window_assigner<Assigner> && !merges_windows<Assigner> && !ends_in_processing_time<Assigner>);

/// Windows that an operator of their own serves (dsl/aggregate.hpp), because they fire at their end or never.
template <class Windowing>
inline constexpr bool are_plain_windows =
    std::is_same_v<typename Windowing::trigger_type, default_trigger> && !Windowing::may_refire &&
    std::is_same_v<typename Windowing::evictor_type, no_evictor> && has_own_operator<typename Windowing::assigner_type>;

template <class Stream>
struct window_without_key {
  static_assert(
      never<Stream>,
      "weir: window(...) needs a key; put key_by(...) before it, or use window_all(...) for the whole stream");
};
template <class Stream, class Assigner>
struct window_over_wrong_clock {
  static_assert(never<Stream, Assigner>,
                "weir: window(...): the window works in event time and the stream has none; give its source "
                "event_time(&record::at, out_of_orderness(...))");
};
template <class Stream, class Trigger>
struct trigger_over_wrong_clock {
  static_assert(never<Stream, Trigger>,
                "weir: window(...).trigger(t): t works in event time and the stream has none; give its source "
                "event_time(&record::at, out_of_orderness(...)), or use a trigger by the wall clock");
};
template <class Element, class Assigner>
struct window_assigner_rejected {
  static_assert(
      never<Element, Assigner>,
      "weir: window(...): the assigner cannot be called with the stream's element type; let session(f) take const "
      "Element& and return a duration, and an assigner of your own a timestamp or (const Element&, timestamp)");
};
template <class Element, class Trigger>
struct trigger_rejected {
  static_assert(
      never<Element, Trigger>,
      "weir: window(...).trigger(t): t cannot be told of the stream's elements; it needs on_element(state&, const "
      "Element&, timestamp, trigger_context&), clear(state&, trigger_context&) and describe(), all const, and "
      "delta(threshold, f) an f(const Element&, const Element&) that returns a number");
};
template <class Element, class Trigger>
struct trigger_cannot_merge {
  static_assert(
      never<Element, Trigger>,
      "weir: window(...).trigger(t): session windows merge, and t cannot; use a trigger with merge and on_merge, "
      "such as count_trigger, continuous or timeout, or windows that do not merge");
};
template <class Element, class Evictor>
struct evictor_rejected {
  static_assert(never<Element, Evictor>,
                "weir: window(...).evictor(e): e cannot be called with the stream's elements; it needs "
                "evict_before(window_buffer<Element>&, const time_window&) or evict_after, and describe(), all const");
};
template <class Type>
struct no_window_assigner {
  static_assert(never<Type>,
                "weir: window(x): x is no kind of window; write window(tumbling(10s)), sliding(60s, 1s), session(30s), "
                "count_window(100) or global(at_end_of_input)");
};

/// The checks that window and window_all share: whether `Windowing` fits elements and clock, with a sentence if not.
template <class Stream, class Windowing, bool Explain>
constexpr bool check_windowing() {
  using element = typename Stream::element_type;
  using clock = typename Stream::clock;
  using assigner = typename Windowing::assigner_type;
  using trigger = typename Windowing::trigger_type;
  using evictor = typename Windowing::evictor_type;
  if constexpr (!clock_fits<assigner, clock>) {
    if constexpr (Explain) static_cast<void>(window_over_wrong_clock<Stream, assigner>{});
    return false;
  } else if constexpr (!window_assigner_for<assigner, element>) {
    if constexpr (Explain) static_cast<void>(window_assigner_rejected<element, assigner>{});
    return false;
  } else {
    if constexpr (!std::is_same_v<trigger, default_trigger>) {
      if constexpr (!trigger_for<trigger, element>) {
        if constexpr (Explain) static_cast<void>(trigger_rejected<element, trigger>{});
        return false;
      } else if constexpr (trigger_needs_event_time<trigger> && !std::is_same_v<clock, event_clock>) {
        if constexpr (Explain) static_cast<void>(trigger_over_wrong_clock<Stream, trigger>{});
        return false;
      } else if constexpr (merges_windows<assigner> && !trigger_can_merge<trigger, element>) {
        if constexpr (Explain) static_cast<void>(trigger_cannot_merge<element, trigger>{});
        return false;
      }
    }
    if constexpr (!std::is_same_v<evictor, no_evictor>) {
      if constexpr (!evictor_for<evictor, element>) {
        if constexpr (Explain) static_cast<void>(evictor_rejected<element, evictor>{});
        return false;
      }
    }
    return true;
  }
}

/// What window and window_all have in common: more can be said about the windows behind the parenthesis.
template <template <class> class Description, class Windowing>
struct window_sayings : operator_tag {
  using trigger_type = typename Windowing::trigger_type;
  using assigner_type = typename Windowing::assigner_type;
  using evictor_type = typename Windowing::evictor_type;
  static constexpr bool with_lateness =
      std::is_same_v<Windowing, windowing<assigner_type, trigger_type, evictor_type, true>>;

  explicit window_sayings(Windowing w) : windows(std::move(w)) {}

  /// When windows fire, instead of at their end.
  template <class Trigger>
  auto trigger(Trigger trigger) && {
    using changed = windowing<assigner_type, Trigger, evictor_type, with_lateness>;
    return Description<changed>(
        changed{std::move(windows.assigner), std::move(trigger), std::move(windows.evictor), windows.lateness});
  }
  /// What is taken out of windows when they fire.
  template <class Evictor>
  auto evictor(Evictor evictor) && {
    using changed = windowing<assigner_type, trigger_type, Evictor, with_lateness>;
    return Description<changed>(
        changed{std::move(windows.assigner), std::move(windows.trigger), std::move(evictor), windows.lateness});
  }
  /// How long a window takes elements after the watermark has passed its end: each fires it again. Throws weir::error
  /// if negative.
  auto allowed_lateness(std::chrono::milliseconds lateness) && {
    if (lateness.count() < 0) refuse_lateness(lateness);
    using changed = windowing<assigner_type, trigger_type, evictor_type, true>;
    return Description<changed>(
        changed{std::move(windows.assigner), std::move(windows.trigger), std::move(windows.evictor), lateness});
  }

  Windowing windows;
};

template <class Windowing>
struct window_description : window_sayings<window_description, Windowing> {
  explicit window_description(Windowing w) : window_sayings<window_description, Windowing>(std::move(w)) {}

  template <class Stream>
  static constexpr bool keyed = [] {
    if constexpr (is_shared_stream<Stream>) {
      return false;
    } else {
      return is_keyed_stage<typename Stream::stage_type>;
    }
  }();
  template <class Stream>
  static constexpr bool check_stream() {
    if constexpr (keyed<Stream>) {
      return check_windowing<Stream, Windowing, false>();
    } else {
      return false;
    }
  }
  template <class Stream>
  static constexpr bool accepts = check_stream<Stream>();
  template <class Stream>
  static void explain() {
    if constexpr (!keyed<Stream>) {
      static_cast<void>(window_without_key<Stream>{});
    } else {
      check_windowing<Stream, Windowing, true>();
    }
  }
  template <class Stream>
  auto apply(Stream&& source) && {
    using element = typename Stream::element_type;
    using key = typename Stream::key_type;
    using clock = typename Stream::clock;
    using guarantee = typename Stream::guarantee;
    auto keyed_source = std::move(source).take_stage();
    using keyed_type = decltype(keyed_source);
    if constexpr (are_plain_windows<Windowing>) {
      using assigner = typename Windowing::assigner_type;
      return make_stream<element, key, clock, guarantee>(
          windowed_stage<keyed_type, assigner>{std::move(keyed_source), std::move(this->windows.assigner)});
    } else {
      return make_stream<element, key, clock, guarantee>(
          windowed_stage<keyed_type, Windowing>{std::move(keyed_source), std::move(this->windows)});
    }
  }
};

template <class Windowing>
struct window_all_description : window_sayings<window_all_description, Windowing> {
  static constexpr bool leaves_stage = true;
  explicit window_all_description(Windowing w) : window_sayings<window_all_description, Windowing>(std::move(w)) {}

  template <class Stream>
  static constexpr bool accepts = check_windowing<Stream, Windowing, false>();
  template <class Stream>
  static void explain() {
    check_windowing<Stream, Windowing, true>();
  }
  template <class Stream>
  auto apply(Stream&& source) && {
    using stream_type = std::remove_cvref_t<Stream>;
    using element = typename stream_type::element_type;
    auto stage = plain_stage(std::forward<Stream>(source));
    using keyed_type = keyed_stage<decltype(stage), whole_stream_selector>;
    keyed_type keyed{std::move(stage), {}, "the whole stream", 1};
    return make_stream<element, whole_stream, typename stream_type::clock, typename stream_type::guarantee>(
        windowed_stage<keyed_type, Windowing>{std::move(keyed), std::move(this->windows)});
  }
};

template <template <class> class Description, class Windows>
auto describe_windows_as(Windows windows) {
  if constexpr (is_windowing<Windows>) {
    return Description<Windows>(std::move(windows));
  } else if constexpr (describes_windows<Windows>) {
    return Description<windowing<Windows>>(windowing<Windows>{std::move(windows)});
  } else {
    static_cast<void>(no_window_assigner<Windows>{});
    return broken_pipeline{};
  }
}

}  // namespace detail

/// Groups a keyed stream into windows: `window(tumbling(10s))`, `window(sliding(60s, 1s))`, `window(session(30s))`,
/// `window(count_window(100))`, `window(global(at_end_of_input))`, or an assigner of your own (window_assigner.hpp).
/// `.trigger(t)`, `.evictor(e)` and `.allowed_lateness(d)` say more. aggregate, reduce or process must follow.
template <class Windows>
auto window(Windows windows) {
  return detail::describe_windows_as<detail::window_description>(std::move(windows));
}

/// The same for a stream without key, as a whole: one subtask takes all records.
template <class Windows>
auto window_all(Windows windows) {
  return detail::describe_windows_as<detail::window_all_description>(std::move(windows));
}

}  // namespace weir
