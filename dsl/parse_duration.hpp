#pragma once
// Durations as people write them in options: "1s", "500ms", "2min", "1.5h", or a number of the option's own unit.
#include <chrono>
#include <optional>
#include <string_view>

namespace weir::detail {

/// A number that is not negative, with us, ms, s, min, h or d behind it; without one of these it counts `unit`. Nothing
/// for other texts, and for what is longer than 100 years.
std::optional<std::chrono::nanoseconds> parse_duration(std::string_view text, std::chrono::nanoseconds unit);

}  // namespace weir::detail
