#include "weir/windows/sliding.hpp"

#include "weir/core/error.hpp"
#include "weir/windows/duration_text.hpp"

namespace weir {

std::string sliding_windows::describe() const {
  const std::string both = "sliding(" + detail::duration_text(size_) + ", " + detail::duration_text(slide_);
  return offset_.count() == 0 ? both + ")" : both + ", " + detail::duration_text(offset_) + ")";
}

void sliding_windows::refuse_size() const {
  throw error("weir: " + describe() + " is no window; give a size above zero");
}

void sliding_windows::refuse_slide() const {
  throw error("weir: " + describe() + " does not move; give a slide above zero");
}

void sliding_windows::refuse_offset() const {
  throw error("weir: " + describe() + " starts a whole slide away; give an offset smaller than the slide");
}

void sliding_windows::refuse_record_without_time() const {
  throw error("weir: a record without event time reached " + describe() +
              "; give its source event_time(...) or use a processing-time window");
}

}  // namespace weir
