#pragma once
// A place where a function of a job under test may throw: under the simulator with `failures_max`, some calls do.
//   map([](const payment& each) { weir::testing::fault_point(); return each; })
#include <cstdint>

namespace weir::testing {

/// Throws weir::error where the simulation that runs on this thread wants it; else, and outside of one, does nothing.
void fault_point();

/// What errors say that the simulator has caused, so that it knows them again.
inline constexpr const char* on_purpose = "fails on purpose, in a simulation";

/// Which call of fault_point() throws, on this thread. The simulator's.
struct fault_point_plan {
  /// The one after `calls` further ones, and no other.
  static void set(std::uint64_t calls) noexcept;
  static void clear() noexcept;
};

}  // namespace weir::testing
