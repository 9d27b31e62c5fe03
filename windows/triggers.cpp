#include <string>

#include "weir/core/error.hpp"
#include "weir/windows/continuous_trigger.hpp"
#include "weir/windows/count_trigger.hpp"
#include "weir/windows/duration_text.hpp"
#include "weir/windows/timeout_trigger.hpp"

namespace weir::detail {

void refuse_count(std::string_view what, std::int64_t count) {
  throw error("weir: " + std::string(what) + "(" + std::to_string(count) +
              ") counts nothing; give a number above zero");
}

std::string continuous_text(std::chrono::milliseconds interval, bool by_processing_time) {
  return (by_processing_time ? "continuous<processing_clock>(" : "continuous(") + duration_text(interval) + ")";
}

void refuse_interval(std::chrono::milliseconds interval, bool by_processing_time) {
  throw error("weir: " + continuous_text(interval, by_processing_time) +
              " has no interval; give a duration above zero");
}

std::string timeout_text(const std::string& inner, std::chrono::milliseconds timeout, timeout_from from,
                         at_timeout then) {
  std::string text = "timeout(" + inner + ", " + duration_text(timeout);
  if (from == timeout_from::last_element) text += ", from last element";
  if (then == at_timeout::keep) text += ", keep";
  return text + ")";
}

void refuse_timeout(std::chrono::milliseconds timeout) {
  throw error("weir: timeout(..., " + duration_text(timeout) + ") is over at once; give a duration above zero");
}

}  // namespace weir::detail
