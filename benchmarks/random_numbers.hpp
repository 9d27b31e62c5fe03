#pragma once
// Counter-based random numbers: number i depends on the seed and i only (SplitMix64, Steele, Lea and Flood 2014).
#include <cstdint>
#include <vector>

namespace weir::benchmarks {

constexpr std::uint64_t random_number(std::uint64_t seed, std::uint64_t index) {
  std::uint64_t z = seed + (index + 1) * 0x9e3779b97f4a7c15U;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9U;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebU;
  return z ^ (z >> 31);
}

inline std::vector<std::uint64_t> random_numbers(std::uint64_t seed, std::size_t count) {
  std::vector<std::uint64_t> numbers(count);
  for (std::size_t i = 0; i < count; ++i) numbers[i] = random_number(seed, i);
  return numbers;
}

}  // namespace weir::benchmarks
