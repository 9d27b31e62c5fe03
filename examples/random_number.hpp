#pragma once
// Numbers for inputs that the examples make: the one of an index depends on a seed only, so they can be made in any
// order.
#include <cstdint>

/// Number `index` of the SplitMix64 sequence from `seed` (Steele, Lea, Flood 2014).
constexpr std::uint64_t random_number(std::uint64_t seed, std::uint64_t index) noexcept {
  std::uint64_t value = seed + (index + 1) * 0x9e3779b97f4a7c15u;
  value = (value ^ (value >> 30)) * 0xbf58476d1ce4e5b9u;
  value = (value ^ (value >> 27)) * 0x94d049bb133111ebu;
  return value ^ (value >> 31);
}
