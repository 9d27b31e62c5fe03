#include "weir/dsl/process.hpp"

#include "weir/core/error.hpp"
#include "weir/windows/duration_text.hpp"

namespace weir::detail {

void throw_no_on_timer(time_domain domain) {
  if (domain == time_domain::event) {
    throw error(
        "weir: register_event_time_timer: the function could not be told; add void on_timer(timestamp at, auto& "
        "context, "
        "auto& out)");
  }
  throw error(
      "weir: register_processing_time_timer: the function could not be told; add void "
      "on_timer(processing_clock::time_point at, auto& context, auto& out)");
}

void throw_state_outside_key() {
  throw error(
      "weir: open() of a process function used state or timers, but they belong to a key, and there is none yet; "
      "use them in process(...) and on_timer(...)");
}

std::string process_detail(std::string_view function_name, const std::optional<ttl>& expiry,
                           const std::optional<bounded_keys>& bound) {
  std::string detail(function_name);
  if (expiry) detail.append(", ttl ").append(duration_text(expiry->duration()));
  if (bound) detail.append(", ").append(bound_text(*bound));
  return detail;
}

}  // namespace weir::detail
