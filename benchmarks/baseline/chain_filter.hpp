#pragma once
// Four maps, a filter that nobody can predict, four maps and a sum, by hand: as one writes the loop, and without a
// branch per record. And the division of 100 by every number but 0.
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "benchmarks/chain_operators.hpp"

namespace weir::benchmarks {

/// Passes that share of random numbers.
template <int Percent>
struct passes {
  constexpr bool operator()(std::uint64_t x) const { return (x & 1023) < Percent * 1024 / 100; }
};

struct not_zero {
  constexpr bool operator()(std::uint64_t x) const { return x != 0; }
};
struct hundred_by {
  constexpr std::uint64_t operator()(std::uint64_t x) const { return 100 / x; }
};

constexpr std::uint64_t mix_before(std::uint64_t x) { return mix<3>{}(mix<2>{}(mix<1>{}(mix<0>{}(x)))); }
constexpr std::uint64_t mix_behind(std::uint64_t x) { return mix<7>{}(mix<6>{}(mix<5>{}(mix<4>{}(x)))); }

template <int Percent>
[[gnu::noinline]] std::uint64_t hand_filter(std::span<const std::uint64_t> input) {
  std::uint64_t sum = 0;
  for (const std::uint64_t x : input) {
    const std::uint64_t mixed = mix_before(x);
    if (passes<Percent>{}(mixed)) sum += mix_behind(mixed);
  }
  return sum;
}

/// Writes every record, and steps on only behind those that pass; the rest of the chain then runs over what is left.
template <int Percent>
[[gnu::noinline]] std::uint64_t hand_filter_branch_free(std::span<const std::uint64_t> input) {
  constexpr std::size_t block = 512;
  std::array<std::uint64_t, block + 1> kept;
  std::uint64_t sum = 0;
  while (!input.empty()) {
    const auto part = input.first(input.size() < block ? input.size() : block);
    std::size_t count = 0;
    for (const std::uint64_t x : part) {
      kept[count] = mix_before(x);
      count += passes<Percent>{}(kept[count]) ? 1 : 0;
    }
    for (std::size_t i = 0; i < count; ++i) sum += mix_behind(kept[i]);
    input = input.subspan(part.size());
  }
  return sum;
}

[[gnu::noinline]] inline std::uint64_t hand_divide(std::span<const std::uint64_t> input) {
  std::uint64_t sum = 0;
  for (const std::uint64_t x : input) {
    if (x != 0) sum += 100 / x;
  }
  return sum;
}

}  // namespace weir::benchmarks
