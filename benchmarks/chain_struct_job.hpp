#pragma once
// The weir side of the chain benchmarks on records of 64 bytes.
#include <cstdint>
#include <span>
#include <utility>

#include "benchmarks/chain_struct_operators.hpp"
#include "weir/weir.hpp"

namespace weir::benchmarks {

template <int Index, int Operators, class Stream>
auto add_struct_operators(Stream source) {
  if constexpr (Index == Operators) {
    return source;
  } else if constexpr (is_filter<Index>) {
    return add_struct_operators<Index + 1, Operators>(std::move(source) | filter(keep_reading<Index>{}));
  } else if constexpr (is_update<Index>) {
    return add_struct_operators<Index + 1, Operators>(std::move(source) | update(update_reading<Index>{}));
  } else {
    return add_struct_operators<Index + 1, Operators>(std::move(source) | map(mix_reading<Index>{}));
  }
}

/// Sums what a chain of `Operators` operators lets through; the sum is added to `sum` at the end of each run.
template <int Operators>
job chain_struct_job(std::span<const reading> input, std::uint64_t& sum) {
  return job("chain", add_struct_operators<0, Operators>(from(input)) |
                          to<"sum">(reduce_into(sum, std::uint64_t{0}, add_reading{})));
}

}  // namespace weir::benchmarks
