#include "weir/windows/window_assigner.hpp"

#include "weir/core/error.hpp"

namespace weir::detail {

std::string assigner_name(std::string_view name, bool by_processing_time) {
  std::string text(name);
  if (by_processing_time) text += "<processing_clock>";
  return text;
}

void refuse_record_without_time(const std::string& window) {
  throw error("weir: a record without event time reached " + window +
              "; give its source event_time(...) or use a processing-time window");
}

}  // namespace weir::detail
