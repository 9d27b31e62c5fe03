#pragma once
// The chain benchmarks on records of 64 bytes: by turns a map from value to value and an update in place, and every
// fifth operator a filter that passes 15 of 16 records.
#include <cstdint>
#include <type_traits>
#include <vector>

#include "benchmarks/chain_operators.hpp"
#include "benchmarks/random_numbers.hpp"

namespace weir::benchmarks {

struct reading {
  std::uint64_t sensor;
  std::uint64_t time_ns;
  std::uint64_t value;
  std::uint64_t low;
  std::uint64_t high;
  std::uint64_t count;
  std::uint64_t sum;
  std::uint64_t flags;
};
static_assert(sizeof(reading) == 64 && std::is_trivially_copyable_v<reading>);

inline std::vector<reading> random_readings(std::size_t count) {
  std::vector<reading> made(count);
  for (std::size_t i = 0; i < count; ++i) {
    const std::uint64_t value = random_number(1, i);
    made[i] = {i % 1000, 1000 * i, value, value >> 1, value >> 2, 1, value >> 3, 0};
  }
  return made;
}

template <int Index>
struct mix_reading {
  constexpr reading operator()(reading r) const {
    r.value = mix<Index>{}(r.value);
    r.high ^= r.value;
    return r;
  }
};

template <int Index>
struct update_reading {
  constexpr void operator()(reading& r) const {
    r.value = mix<Index>{}(r.value);
    r.sum += r.value;
    r.count += 1;
  }
};

template <int Index>
struct keep_reading {
  constexpr bool operator()(const reading& r) const { return keep<Index>{}(r.value); }
};

/// Folds readings, and the sums of several subtasks.
struct add_reading {
  constexpr std::uint64_t operator()(std::uint64_t total, const reading& r) const {
    return total + (r.sensor ^ r.time_ns) + (r.value ^ r.low) + (r.high ^ r.sum) + (r.count ^ r.flags);
  }
  constexpr std::uint64_t operator()(std::uint64_t a, std::uint64_t b) const { return a + b; }
};

template <int Index>
inline constexpr bool is_update = Index % 5 % 2 == 1;

}  // namespace weir::benchmarks
