#include "weir/windows/windowing.hpp"

#include "weir/core/error.hpp"
#include "weir/windows/duration_text.hpp"

namespace weir::detail {

std::string windowing_text(std::string assigner, const std::string& trigger, const std::string& evictor,
                           std::chrono::milliseconds lateness) {
  if (!trigger.empty()) assigner.append(", ").append(trigger);
  if (!evictor.empty()) assigner.append(", ").append(evictor);
  if (lateness.count() > 0) assigner.append(", lateness ").append(duration_text(lateness));
  return assigner;
}

void refuse_lateness(std::chrono::milliseconds lateness) {
  throw error("weir: allowed_lateness(" + duration_text(lateness) + ") is negative; give zero or more");
}

}  // namespace weir::detail
