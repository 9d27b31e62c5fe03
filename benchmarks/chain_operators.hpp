#pragma once
// The operators of the chain benchmarks, as function objects that the hand-written loop and the pipeline share: every
// fifth one is a filter that passes 15 of 16 records, the others mix the bits of a number.
#include <cstdint>
#include <type_traits>

namespace weir::benchmarks {

template <int Index>
struct mix {
  constexpr std::uint64_t operator()(std::uint64_t x) const { return (x ^ (x >> (7 + Index % 13))) + 2 * Index + 1; }
};

template <int Index>
struct keep {
  constexpr bool operator()(std::uint64_t x) const { return (x & 15) != Index % 16; }
};

template <int Index>
inline constexpr bool is_filter = Index % 5 == 4;

template <int Index>
using chain_operator = std::conditional_t<is_filter<Index>, keep<Index>, mix<Index>>;

}  // namespace weir::benchmarks
