#pragma once
// What the simulator and its checks draw from.
#include <cstdint>

namespace weir::testing {

/// The same numbers for a seed on every platform, which standard distributions do not promise (splitmix64, Vigna 2015).
class random_numbers {
 public:
  explicit random_numbers(std::uint64_t seed) : state_(seed) {}

  /// Uniform in [0, limit). Precondition: limit > 0.
  std::uint64_t below(std::uint64_t limit) {
    state_ += 0x9e3779b97f4a7c15ULL;
    std::uint64_t mixed = state_;
    mixed = (mixed ^ (mixed >> 30)) * 0xbf58476d1ce4e5b9ULL;
    mixed = (mixed ^ (mixed >> 27)) * 0x94d049bb133111ebULL;
    mixed ^= mixed >> 31;
    return ((mixed >> 32) * limit) >> 32;
  }
  bool one_in(std::uint64_t number) { return below(number) == 0; }

 private:
  std::uint64_t state_;
};

}  // namespace weir::testing
