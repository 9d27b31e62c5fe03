#include "weir/windows/merging.hpp"

namespace weir {

std::vector<merged_windows> merge_windows(std::vector<time_window> windows) {
  std::sort(windows.begin(), windows.end(), [](const time_window& left, const time_window& right) {
    return std::pair(left.start, left.end) < std::pair(right.start, right.end);
  });
  windows.erase(std::unique(windows.begin(), windows.end()), windows.end());
  std::vector<merged_windows> merged;
  for (const time_window& each : windows) {
    if (!merged.empty() && touches(merged.back().result, each)) {
      merged.back().result = cover(merged.back().result, each);
      merged.back().sources.push_back(each);
    } else {
      merged.push_back({each, {each}});
    }
  }
  std::erase_if(merged, [](const merged_windows& each) { return each.sources.size() < 2; });
  return merged;
}

}  // namespace weir
