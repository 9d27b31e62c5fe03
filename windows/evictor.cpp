#include "weir/windows/evictor.hpp"

#include "weir/core/error.hpp"
#include "weir/windows/duration_text.hpp"

namespace weir {
namespace detail {

void refuse_evictor(const std::string& evictor) {
  throw error("weir: " + evictor + ") leaves nothing in a window; give a bound above zero");
}

std::string evictor_text(std::string arguments, evicts when) {
  return arguments + (when == evicts::after ? ", evicts::after)" : ")");
}

std::string count_eviction::describe() const { return "count_evictor(" + std::to_string(count); }
std::string time_eviction::describe() const { return "time_evictor(" + duration_text(span); }

}  // namespace detail

detail::one_sided_evictor<detail::count_eviction> count_evictor(std::int64_t count, evicts when) {
  const detail::count_eviction rule{count};
  if (count <= 0) detail::refuse_evictor(rule.describe());
  return {rule, when};
}

detail::one_sided_evictor<detail::time_eviction> time_evictor(std::chrono::milliseconds span, evicts when) {
  const detail::time_eviction rule{span};
  if (span.count() <= 0) detail::refuse_evictor(rule.describe());
  return {rule, when};
}

}  // namespace weir
