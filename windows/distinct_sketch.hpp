#pragma once
// The sketch under approx_distinct: a HyperLogLog (Flajolet, Fusy, Gandouet, Meunier 2007) over 64-bit hashes, which
// holds the hashes themselves while there are few. It depends on the set of hashes alone, not on their order or number.
#include <bit>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "weir/core/record.hpp"

namespace weir {

/// Either the hashes, in ascending order, or 2^precision registers: for the hashes that begin with the bits of its
/// number, the longest run of zeros behind these, plus one.
struct distinct_sketch {
  std::vector<std::uint64_t> hashes;
  std::vector<std::uint8_t> registers;
  friend bool operator==(const distinct_sketch&, const distinct_sketch&) = default;
};

template <>
struct record_fields<distinct_sketch> {
  using of = distinct_sketch;
  using type = field_list<field<&of::hashes, "hashes">, field<&of::registers, "registers">>;
};

namespace detail {

/// Registers keep the precision that they were made with, which may be that of older code.
[[gnu::always_inline]] inline void add_to_registers(std::vector<std::uint8_t>& registers, std::uint64_t hash) {
  const int precision = std::bit_width(registers.size()) - 1;
  const std::uint64_t rest = (hash << precision) | (std::uint64_t{1} << (precision - 1));
  const auto run = static_cast<std::uint8_t>(std::countl_zero(rest) + 1);
  std::uint8_t& held = registers[hash >> (64 - precision)];
  if (run > held) held = run;
}

/// Takes in a hash while the sketch has no registers, and makes those when the hashes need as much memory.
void add_to_hashes(distinct_sketch& sketch, std::uint64_t hash, unsigned precision);

/// The union. Where precisions differ the lower one is kept.
void merge_sketches(distinct_sketch& sketch, const distinct_sketch& later, unsigned precision);

/// How many hashes there were: exactly, while they are held; else by the estimator of Ertl (2017, "New cardinality
/// estimation algorithms for HyperLogLog sketches"), which needs neither tables nor another method for small numbers.
double estimated_count(const distinct_sketch& sketch);
/// To the nearest whole number.
std::int64_t rounded_count(const distinct_sketch& sketch);

[[gnu::always_inline]] inline void add_to_sketch(distinct_sketch& sketch, std::uint64_t hash, unsigned precision) {
  if (!sketch.registers.empty()) {
    add_to_registers(sketch.registers, hash);
  } else {
    add_to_hashes(sketch, hash, precision);
  }
}

}  // namespace detail
}  // namespace weir
