#include "weir/windows/sliding.hpp"

#include "weir/core/error.hpp"
#include "weir/windows/duration_text.hpp"

namespace weir::detail {

std::string sliding_text(std::chrono::milliseconds size, std::chrono::milliseconds slide,
                         std::chrono::milliseconds offset, bool by_processing_time) {
  const std::string text =
      assigner_name("sliding", by_processing_time) + "(" + duration_text(size) + ", " + duration_text(slide);
  return offset.count() == 0 ? text + ")" : text + ", " + duration_text(offset) + ")";
}

void refuse_sliding_size(const std::string& window) {
  throw error("weir: " + window + " is no window; give a size and a slide above zero");
}

void refuse_sliding_offset(const std::string& window) {
  throw error("weir: " + window + " starts a whole slide away; give an offset smaller than the slide");
}

}  // namespace weir::detail
