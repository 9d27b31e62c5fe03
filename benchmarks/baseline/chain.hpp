#pragma once
// The hand-written loop of the chain benchmarks: what a careful engineer writes for this one chain.
#include <cstdint>
#include <span>

#include "benchmarks/chain_operators.hpp"

namespace weir::benchmarks {

template <int Index, int Operators>
[[gnu::always_inline]] inline void hand_step(std::uint64_t x, std::uint64_t& sum) {
  if constexpr (Index == Operators) {
    sum += x;
  } else if constexpr (is_filter<Index>) {
    if (keep<Index>{}(x)) hand_step<Index + 1, Operators>(x, sum);
  } else {
    hand_step<Index + 1, Operators>(mix<Index>{}(x), sum);
  }
}

template <int Operators>
[[gnu::noinline]] std::uint64_t hand_chain(std::span<const std::uint64_t> input) {
  std::uint64_t sum = 0;
  for (const std::uint64_t x : input) hand_step<0, Operators>(x, sum);
  return sum;
}

}  // namespace weir::benchmarks
