#pragma once
// What the function of a whole window sees of its surroundings. For functions, see window_process.hpp.
#include <cstdint>
#include <tuple>
#include <type_traits>
#include <utility>

#include "weir/core/timestamp.hpp"
#include "weir/dsl/collector.hpp"
#include "weir/dsl/process_context.hpp"
#include "weir/windows/pane.hpp"

namespace weir {

/// The key of window_all: the same for the whole stream.
enum class whole_stream : std::uint8_t { key };

namespace detail {

/// The key of every record.
struct whole_stream_selector {
  template <class Record>
  constexpr whole_stream operator()(const Record&) const noexcept {
    return whole_stream::key;
  }
};

}  // namespace detail

/// The surroundings of one call for one firing of one window; valid during that call.
template <class Key = whole_stream, class WindowState = std::tuple<>>
class window_context {
 public:
  window_context(const process_context<Key>& around, const time_window& window, pane_info pane, WindowState& state)
      : around_(around), window_(window), pane_(pane), state_(state) {}
  window_context(const window_context&) = delete;
  window_context& operator=(const window_context&) = delete;

  const Key& key() const noexcept { return around_.key(); }
  const time_window& window() const noexcept { return window_; }
  /// Which firing of the window this is.
  pane_info pane() const noexcept { return pane_; }
  /// The function's `window_state` of this key and window: a value made anew for each window, and gone with it.
  WindowState& window_state() const noexcept { return state_; }

  weir::timestamp current_watermark() const noexcept { return around_.current_watermark(); }
  processing_clock::time_point processing_time() const { return around_.processing_time(); }

 private:
  const process_context<Key>& around_;
  const time_window& window_;
  pane_info pane_;
  WindowState& state_;
};

namespace detail {

/// Emits at the end of a window into what an operator emits to.
template <class Out, class Output, class... Sides>
class window_collector {
 public:
  window_collector(Out& out, timestamp time) : out_(out), time_(time) {}
  window_collector(const window_collector&) = delete;
  window_collector& operator=(const window_collector&) = delete;

  template <class Value>
    requires(std::is_convertible_v<Value &&, Output> && !is_side<std::remove_cvref_t<Value>>)
  void operator()(Value&& value) {
    out_.at(Output(std::forward<Value>(value)), time_);
  }
  void operator()(Output&& value) { out_.at(std::move(value), time_); }
  template <class Side>
    requires(std::is_same_v<Side, Sides> || ...)
  void operator()(Side emitted) {
    out_.at(std::move(emitted), time_);
  }

 private:
  Out& out_;
  timestamp time_;
};

}  // namespace detail
}  // namespace weir
