#pragma once
// What `window(...)` accepts: an object that says which window a point in time belongs to.
#include <concepts>
#include <string>

#include "weir/windows/time_window.hpp"

namespace weir {

/// Assigns each point in time to one window.
///
///   using clock                    event_clock or processing_clock: whose time it wants
///   time_window assign(timestamp)  the window that contains the argument; a pure function. Throws weir::error for
///                                  weir::min_timestamp, the mark of a record without event time, if it needs a time
///   bool fires()                   whether a window fires once the watermark reaches its max_timestamp; a window that
///                                  never fires needs a trigger of its own
///   std::string describe()         as the user wrote it, for the plan: "tumbling(10s)"
template <class Assigner>
concept window_assigner = std::copyable<Assigner> && requires(const Assigner& assigner, timestamp time) {
  typename Assigner::clock;
  { assigner.assign(time) } -> std::same_as<time_window>;
  { assigner.fires() } -> std::same_as<bool>;
  { assigner.describe() } -> std::convertible_to<std::string>;
};

}  // namespace weir
