#include "weir/windows/tumbling.hpp"

#include "weir/core/error.hpp"
#include "weir/windows/duration_text.hpp"

namespace weir::detail {

std::string tumbling_text(std::chrono::milliseconds size, std::chrono::milliseconds offset, bool by_processing_time) {
  const std::string text = assigner_name("tumbling", by_processing_time) + "(" + duration_text(size);
  return offset.count() == 0 ? text + ")" : text + ", " + duration_text(offset) + ")";
}

void refuse_tumbling_size(std::chrono::milliseconds size, bool by_processing_time) {
  throw error("weir: " + tumbling_text(size, {}, by_processing_time) + " is no window; give a size above zero");
}

void refuse_tumbling_offset(const std::string& window) {
  throw error("weir: " + window + " starts a whole window away; give an offset smaller than the size");
}

}  // namespace weir::detail
