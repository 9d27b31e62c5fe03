#pragma once
// The hand-written loop of the chain benchmarks on records of 64 bytes: each record is copied once, then worked on in
// place.
#include <cstdint>
#include <span>

#include "benchmarks/chain_struct_operators.hpp"

namespace weir::benchmarks {

template <int Index, int Operators>
[[gnu::always_inline]] inline void hand_struct_step(reading& r, std::uint64_t& sum) {
  if constexpr (Index == Operators) {
    sum = add_reading{}(sum, r);
  } else if constexpr (is_filter<Index>) {
    if (keep_reading<Index>{}(r)) hand_struct_step<Index + 1, Operators>(r, sum);
  } else {
    if constexpr (is_update<Index>) {
      update_reading<Index>{}(r);
    } else {
      r = mix_reading<Index>{}(r);
    }
    hand_struct_step<Index + 1, Operators>(r, sum);
  }
}

template <int Operators>
[[gnu::noinline]] std::uint64_t hand_chain_struct(std::span<const reading> input) {
  std::uint64_t sum = 0;
  for (reading r : input) hand_struct_step<0, Operators>(r, sum);
  return sum;
}

}  // namespace weir::benchmarks
