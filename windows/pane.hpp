#pragma once
// What one key has in one window, and what results say about it. Used by the operator of windows that are not plain
// (dsl/pane_function.hpp); those of an aligned window with the default trigger lie in window_store.hpp.
#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "weir/core/enum_names.hpp"
#include "weir/core/record.hpp"
#include "weir/core/timestamp.hpp"
#include "weir/state/state_schema.hpp"
#include "weir/windows/time_window.hpp"
#include "weir/windows/trigger.hpp"

namespace weir {

/// When a window fired: before its clock reached its end, the first time at or after that, or again later.
enum class pane_timing : std::uint8_t { early, on_time, late };

template <>
inline constexpr auto enum_names<pane_timing> =
    std::array{enum_name{pane_timing::early, "early"}, enum_name{pane_timing::on_time, "on_time"},
               enum_name{pane_timing::late, "late"}};

/// Which firing of its window a result comes from.
struct pane_info {
  std::uint32_t index = 0;  ///< how often the window has fired before; of windows that have merged, together
  pane_timing timing = pane_timing::early;
  friend bool operator==(const pane_info&, const pane_info&) = default;
};

/// The result of one firing of one window of one key, where a window may fire more than once. Its event time is the
/// window's max_timestamp, whenever it fires.
template <class Key, class Value>
struct pane_result {
  Key key;
  timestamp window_start;
  timestamp window_end;
  std::uint32_t pane;
  pane_timing timing;
  Value value;
  friend bool operator==(const pane_result&, const pane_result&) = default;
};

template <class Key, class Value>
struct record_fields<pane_result<Key, Value>> {
  using of = pane_result<Key, Value>;
  using type = field_list<field<&of::key, "key">, field<&of::window_start, "window_start">,
                          field<&of::window_end, "window_end">, field<&of::pane, "pane">, field<&of::timing, "timing">,
                          field<&of::value, "value">>;
};

/// The results of windows over a whole stream, which have no key: window_all(...).
template <class Value>
struct window_all_result {
  timestamp window_start;
  timestamp window_end;
  Value value;
  friend bool operator==(const window_all_result&, const window_all_result&) = default;
};

template <class Value>
struct record_fields<window_all_result<Value>> {
  using of = window_all_result<Value>;
  using type = field_list<field<&of::window_start, "window_start">, field<&of::window_end, "window_end">,
                          field<&of::value, "value">>;
};

template <class Value>
struct pane_all_result {
  timestamp window_start;
  timestamp window_end;
  std::uint32_t pane;
  pane_timing timing;
  Value value;
  friend bool operator==(const pane_all_result&, const pane_all_result&) = default;
};

template <class Value>
struct record_fields<pane_all_result<Value>> {
  using of = pane_all_result<Value>;
  using type = field_list<field<&of::window_start, "window_start">, field<&of::window_end, "window_end">,
                          field<&of::pane, "pane">, field<&of::timing, "timing">, field<&of::value, "value">>;
};

namespace detail {

/// A window of a key with its contents, which live until the window is cleaned up.
template <class Contents, class TriggerState, class WindowState>
struct pane {
  timestamp start;
  timestamp end;
  std::uint32_t firings;
  bool fired_at_end;
  bool end_deleted;  ///< the trigger is not asked at the end of the window's life (end_of_life in trigger.hpp)
  Contents contents;
  TriggerState trigger;
  WindowState window_state;
  pane_timers event_timers;
  pane_timers processing_timers;

  time_window window() const noexcept { return {start, end}; }
};

template <class Contents, class TriggerState, class WindowState>
struct written_type<pane<Contents, TriggerState, WindowState>> {
  using type = pane<typename written_type<Contents>::type, typename written_type<TriggerState>::type,
                    typename written_type<WindowState>::type>;
};

}  // namespace detail

template <class Contents, class TriggerState, class WindowState>
struct record_fields<detail::pane<Contents, TriggerState, WindowState>> {
  using of = detail::pane<Contents, TriggerState, WindowState>;
  using type = field_list<field<&of::start, "start">, field<&of::end, "end">, field<&of::firings, "firings">,
                          field<&of::fired_at_end, "fired_at_end">, field<&of::end_deleted, "end_deleted">,
                          field<&of::contents, "contents">, field<&of::trigger, "trigger">,
                          field<&of::window_state, "window_state">, field<&of::event_timers, "event_timers">,
                          field<&of::processing_timers, "processing_timers">>;
};

}  // namespace weir
