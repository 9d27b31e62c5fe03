#include "weir/windows/tumbling.hpp"

#include "weir/core/error.hpp"
#include "weir/windows/duration_text.hpp"

namespace weir {

std::string tumbling_windows::describe() const {
  const std::string size = "tumbling(" + detail::duration_text(size_);
  return offset_.count() == 0 ? size + ")" : size + ", " + detail::duration_text(offset_) + ")";
}

void tumbling_windows::refuse_size() const {
  throw error("weir: tumbling(" + detail::duration_text(size_) + ") is no window; give a size above zero");
}

void tumbling_windows::refuse_offset() const {
  throw error("weir: " + describe() + " starts a whole window away; give an offset smaller than the size");
}

void tumbling_windows::refuse_record_without_time() const {
  throw error("weir: a record without event time reached " + describe() +
              "; give its source event_time(...) or use a processing-time window");
}

}  // namespace weir
