#include "weir/runtime/system_clock.hpp"

namespace weir::detail {

processing_clock::time_point system_clock::now() const {
  const auto since_epoch = std::chrono::system_clock::now().time_since_epoch();
  return processing_clock::time_point{std::chrono::floor<std::chrono::milliseconds>(since_epoch)};
}

std::chrono::nanoseconds system_clock::monotonic() const {
  return std::chrono::steady_clock::now().time_since_epoch();
}

}  // namespace weir::detail
