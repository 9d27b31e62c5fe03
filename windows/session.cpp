#include "weir/windows/session.hpp"

#include "weir/core/error.hpp"
#include "weir/windows/duration_text.hpp"

namespace weir::detail {

std::string session_text(std::chrono::milliseconds gap, bool by_processing_time) {
  return assigner_name("session", by_processing_time) + "(" + duration_text(gap) + ")";
}

void refuse_session_gap(std::chrono::milliseconds gap, bool by_processing_time) {
  throw error("weir: " + session_text(gap, by_processing_time) + " never joins two records; give a gap above zero");
}

}  // namespace weir::detail
