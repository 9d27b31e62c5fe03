#pragma once
// The messages that the dedup example makes. One in four was delivered before, at most 1,000 messages ago. Message i
// depends only on a seed and on i.
#include <algorithm>
#include <cstdint>

#include "examples/random_number.hpp"

/// The id of message `index`.
inline std::int64_t message_id(std::uint64_t seed, std::uint64_t index) {
  const std::uint64_t bits = random_number(seed, index);
  const std::uint64_t back = (bits >> 8) % 1'000 + 1;
  return static_cast<std::int64_t>((bits & 3) == 0 ? index - std::min(back, index) : index);
}
