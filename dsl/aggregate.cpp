#include "weir/dsl/aggregate.hpp"

namespace weir::detail {

std::string window_detail(std::string window, const std::vector<std::string>& aggregates) {
  for (const std::string& name : aggregates) window.append(", ").append(name);
  return window;
}

std::vector<std::string> window_columns(std::vector<std::string> key, const std::vector<std::string>& aggregates,
                                        bool with_pane) {
  key.insert(key.end(), {"window_start", "window_end"});
  if (with_pane) key.insert(key.end(), {"pane", "timing"});
  key.insert(key.end(), aggregates.begin(), aggregates.end());
  return key;
}

}  // namespace weir::detail
