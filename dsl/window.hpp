#pragma once
// window: says in which windows the next aggregate works.
#include <type_traits>
#include <utility>

#include "weir/dsl/operator.hpp"
#include "weir/windows/global.hpp"
#include "weir/windows/sliding.hpp"
#include "weir/windows/tumbling.hpp"
#include "weir/windows/window_assigner.hpp"

namespace weir {
namespace detail {

/// The global window needs no event time; every other one needs the clock it names.
template <class Assigner, class Clock>
inline constexpr bool clock_fits =
    std::is_same_v<Assigner, global_windows> || std::is_same_v<typename Assigner::clock, Clock>;

template <class Stream>
struct window_without_key {
  static_assert(never<Stream>, "weir: window(...) needs a key; put key_by(...) before it");
};
template <class Stream, class Assigner>
struct window_over_wrong_clock {
  static_assert(never<Stream, Assigner>,
                "weir: window(...): the window works in event time and the stream has none; give its source "
                "event_time(&record::at, out_of_orderness(...))");
};

template <class Type>
struct no_window_assigner {
  static_assert(never<Type>,
                "weir: window(x): x is no kind of window; write window(tumbling(10s)) or window(global(at_end_of_input))");
};

template <class Assigner>
struct window_description : operator_tag {
  Assigner assigner;
  explicit window_description(Assigner a) : assigner(std::move(a)) {}

  template <class Stream>
  static constexpr bool keyed = [] {
    if constexpr (is_shared_stream<Stream>) {
      return false;
    } else {
      return is_keyed_stage<typename Stream::stage_type>;
    }
  }();
  template <class Stream>
  static constexpr bool accepts = keyed<Stream> && clock_fits<Assigner, typename Stream::clock>;
  template <class Stream>
  static void explain() {
    if constexpr (!keyed<Stream>) {
      static_cast<void>(window_without_key<Stream>{});
    } else {
      static_cast<void>(window_over_wrong_clock<Stream, Assigner>{});
    }
  }
  template <class Stream>
  auto apply(Stream&& source) && {
    auto keyed_source = std::move(source).take_stage();
    windowed_stage<decltype(keyed_source), Assigner> windowed{std::move(keyed_source), std::move(assigner)};
    return make_stream<typename Stream::element_type, typename Stream::key_type, typename Stream::clock,
                       typename Stream::guarantee>(std::move(windowed));
  }
};

}  // namespace detail

/// Groups a keyed stream into windows: `window(tumbling(10s))`, `window(sliding(60s, 1s))`,
/// `window(global(at_end_of_input))`.
/// An aggregate or a reduce must follow.
template <class Assigner>
auto window(Assigner assigner) {
  if constexpr (window_assigner<Assigner> || std::is_same_v<Assigner, sliding_windows>) {
    return detail::window_description<Assigner>(std::move(assigner));
  } else {
    static_cast<void>(detail::no_window_assigner<Assigner>{});
    return detail::broken_pipeline{};
  }
}

}  // namespace weir
