#pragma once
// The weir side of the chain benchmarks.
#include <cstdint>
#include <functional>
#include <span>
#include <utility>

#include "benchmarks/chain_operators.hpp"
#include "weir/weir.hpp"

namespace weir::benchmarks {

template <int Index, int Operators, class Stream>
auto add_operators(Stream source) {
  if constexpr (Index == Operators) {
    return source;
  } else if constexpr (is_filter<Index>) {
    return add_operators<Index + 1, Operators>(std::move(source) | filter(keep<Index>{}));
  } else {
    return add_operators<Index + 1, Operators>(std::move(source) | map(mix<Index>{}));
  }
}

/// Sums what a chain of `Operators` operators lets through; the sum is added to `sum` at the end of each run.
template <int Operators>
job chain_job(std::span<const std::uint64_t> input, std::uint64_t& sum) {
  return job("chain", add_operators<0, Operators>(from(input)) |
                          to<"sum">(reduce_into(sum, std::uint64_t{0}, std::plus<std::uint64_t>{})));
}

}  // namespace weir::benchmarks
