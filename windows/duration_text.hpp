#pragma once
// Durations as people write them, for plans and messages.
#include <chrono>
#include <string>

namespace weir::detail {

/// The largest unit that divides `duration` without rest: "10s", "90min", "24h", "1500ms". Zero is "0ms".
std::string duration_text(std::chrono::milliseconds duration);

}  // namespace weir::detail
