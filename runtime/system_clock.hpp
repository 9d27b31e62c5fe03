#pragma once
// The clock of a real run.
#include "weir/core/clock.hpp"

namespace weir::detail {

class system_clock final : public clock {
 public:
  processing_clock::time_point now() const override;
  std::chrono::nanoseconds monotonic() const override;
};

}  // namespace weir::detail
