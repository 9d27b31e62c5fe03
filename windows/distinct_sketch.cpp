#include "weir/windows/distinct_sketch.hpp"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <limits>
#include <utility>

namespace weir::detail {
namespace {

void make_registers(distinct_sketch& sketch, unsigned precision) {
  sketch.registers.assign(std::size_t{1} << precision, 0);
  for (const std::uint64_t hash : sketch.hashes) add_to_registers(sketch.registers, hash);
  sketch.hashes = {};
}

/// The hashes take no more memory than the registers would.
void bound_hashes(distinct_sketch& sketch, unsigned precision) {
  if (sketch.hashes.size() > (std::size_t{1} << precision) / sizeof(std::uint64_t)) make_registers(sketch, precision);
}

/// The same for a lower precision: bits that named a register become part of the run.
std::vector<std::uint8_t> folded(const std::vector<std::uint8_t>& registers, std::size_t count) {
  std::vector<std::uint8_t> fewer(count, 0);
  const int dropped = std::bit_width(registers.size()) - std::bit_width(count);
  for (std::size_t i = 0; i < registers.size(); ++i) {
    if (registers[i] == 0) continue;
    const std::size_t low = i & ((std::size_t{1} << dropped) - 1);
    const auto run = static_cast<std::uint8_t>(low == 0 ? dropped + registers[i] : dropped - std::bit_width(low) + 1);
    std::uint8_t& held = fewer[i >> dropped];
    held = std::max(held, run);
  }
  return fewer;
}

double sigma(double x) {
  if (x == 1) return std::numeric_limits<double>::infinity();
  double weight = 1;
  double sum = x;
  for (double before = -1; sum != before; weight += weight) {
    x *= x;
    before = std::exchange(sum, sum + x * weight);
  }
  return sum;
}

double tau(double x) {
  if (x == 0 || x == 1) return 0;
  double weight = 1;
  double sum = 1 - x;
  for (double before = -1; sum != before;) {
    x = std::sqrt(x);
    weight /= 2;
    before = std::exchange(sum, sum - (1 - x) * (1 - x) * weight);
  }
  return sum / 3;
}

}  // namespace

void add_to_hashes(distinct_sketch& sketch, std::uint64_t hash, unsigned precision) {
  const auto place = std::lower_bound(sketch.hashes.begin(), sketch.hashes.end(), hash);
  if (place != sketch.hashes.end() && *place == hash) return;
  sketch.hashes.insert(place, hash);
  bound_hashes(sketch, precision);
}

void merge_sketches(distinct_sketch& sketch, const distinct_sketch& later, unsigned precision) {
  if (sketch.registers.empty() && later.registers.empty()) {
    std::vector<std::uint64_t> all;
    all.reserve(sketch.hashes.size() + later.hashes.size());
    std::set_union(sketch.hashes.begin(), sketch.hashes.end(), later.hashes.begin(), later.hashes.end(),
                   std::back_inserter(all));
    sketch.hashes = std::move(all);
    bound_hashes(sketch, precision);
  } else if (later.registers.empty()) {
    for (const std::uint64_t hash : later.hashes) add_to_registers(sketch.registers, hash);
  } else if (sketch.registers.empty()) {
    sketch.registers = later.registers;
    for (const std::uint64_t hash : std::exchange(sketch.hashes, {})) add_to_registers(sketch.registers, hash);
  } else {
    const std::size_t count = std::min(sketch.registers.size(), later.registers.size());
    if (sketch.registers.size() > count) sketch.registers = folded(sketch.registers, count);
    const auto& added = later.registers.size() > count ? folded(later.registers, count) : later.registers;
    std::transform(added.begin(), added.end(), sketch.registers.begin(), sketch.registers.begin(),
                   [](std::uint8_t left, std::uint8_t right) { return std::max(left, right); });
  }
}

double estimated_count(const distinct_sketch& sketch) {
  if (sketch.registers.empty()) return static_cast<double>(sketch.hashes.size());
  const int precision = std::bit_width(sketch.registers.size()) - 1;
  const int run_max = 64 - precision;  // longer ones, of one hash in 2^64, are counted as one more
  std::uint64_t with_run[66] = {};
  for (const std::uint8_t run : sketch.registers) ++with_run[std::min<int>(run, run_max + 1)];
  const auto registers = static_cast<double>(sketch.registers.size());
  double sum = registers * tau(1 - static_cast<double>(with_run[run_max + 1]) / registers);
  for (int run = run_max; run >= 1; --run) sum = (sum + static_cast<double>(with_run[run])) / 2;
  sum += registers * sigma(static_cast<double>(with_run[0]) / registers);
  constexpr double twice_ln_2 = 1.3862943611198906;
  return registers * registers / twice_ln_2 / sum;
}

std::int64_t rounded_count(const distinct_sketch& sketch) { return std::llround(estimated_count(sketch)); }

}  // namespace weir::detail
