#pragma once
// The global window: one window for all time, so that a trigger or the end of the input decides when results come.
#include <string>

#include "weir/windows/time_window.hpp"
#include "weir/windows/window_assigner.hpp"

namespace weir {

/// Asks a global window to fire when its bounded input ends.
struct at_end_of_input_t {
  friend constexpr bool operator==(at_end_of_input_t, at_end_of_input_t) = default;
};
inline constexpr at_end_of_input_t at_end_of_input{};

/// One window that contains every record, also those without event time; its max_timestamp is weir::max_timestamp,
/// which only the end of a bounded input reaches. Result timestamp: weir::max_timestamp.
class global_windows {
 public:
  using clock = event_clock;

  constexpr explicit global_windows(bool fires_at_end_of_input) : fires_(fires_at_end_of_input) {}

  constexpr time_window assign(timestamp) const noexcept { return {min_timestamp, max_timestamp}; }
  constexpr bool fires() const noexcept { return fires_; }
  std::string describe() const { return fires_ ? "global(at_end_of_input)" : "global()"; }

  friend constexpr bool operator==(const global_windows&, const global_windows&) = default;

 private:
  bool fires_;
};

static_assert(window_assigner<global_windows>);

/// The global window without a trigger: it never fires by itself, not even at the end of the input.
constexpr global_windows global() { return global_windows(false); }
/// The global window that fires once, when its input ends.
constexpr global_windows global(at_end_of_input_t) { return global_windows(true); }

}  // namespace weir
