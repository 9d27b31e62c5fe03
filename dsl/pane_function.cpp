#include "weir/dsl/pane_function.hpp"

#include "weir/core/error.hpp"

namespace weir::detail {

void throw_merged_into_the_past(const time_window& window, bool in_event_time) {
  throw error("weir: windows have merged into [" + std::to_string(epoch_ms(window.start)) + ", " +
              std::to_string(epoch_ms(window.end)) + "), which has ended already by " +
              (in_event_time ? "the watermark" : "the wall clock") +
              "; let the assigner give windows that end after the record");
}

}  // namespace weir::detail
