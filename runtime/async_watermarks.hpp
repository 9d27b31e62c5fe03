#pragma once
// Event time in the snapshot of an async subtask: what has passed, and the watermarks that wait between its inputs.
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "weir/core/timestamp.hpp"

namespace weir::detail {

struct async_watermarks {
  timestamp passed = min_timestamp;  ///< went downstream last
  /// How many of the inputs are before each.
  std::vector<std::pair<std::uint64_t, timestamp>> waiting{};

  std::string encode() const;
  /// Throws weir::error for other bytes.
  static async_watermarks decode(std::string_view bytes);
};

/// The name of its part.
inline constexpr const char* async_watermarks_part = "watermarks";

}  // namespace weir::detail
