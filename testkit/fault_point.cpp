#include "weir/testkit/fault_point.hpp"

#include <optional>
#include <string>

#include "weir/core/error.hpp"

namespace weir::testing {
namespace {

thread_local std::optional<std::uint64_t> calls_left;

}  // namespace

void fault_point() {
  if (!calls_left || (*calls_left)-- > 0) return;
  calls_left.reset();
  throw error(std::string("a function ") + on_purpose);
}

void fault_point_plan::set(std::uint64_t calls) noexcept { calls_left = calls; }
void fault_point_plan::clear() noexcept { calls_left.reset(); }

}  // namespace weir::testing
