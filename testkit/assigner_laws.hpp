#pragma once
// The laws that every window assigner obeys, for one's own as for those of weir:
//   EXPECT_EQ(broken_assigner_law<click>(my_assigner(), click{...}, seed), "");
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "weir/testkit/random_numbers.hpp"
#include "weir/windows/merging.hpp"
#include "weir/windows/window_assigner.hpp"

namespace weir {
namespace detail {

template <class Element, class Assigner>
std::vector<time_window> windows_at(const Assigner& assigner, const Element& element, timestamp time) {
  std::vector<time_window> windows;
  each_window(assigner, element, time, [&](const time_window& window) { windows.push_back(window); });
  return windows;
}

inline std::string law_text(const char* law, timestamp time, const time_window& window) {
  return std::string(law) + ": time " + std::to_string(epoch_ms(time)) + ", window [" +
         std::to_string(epoch_ms(window.start)) + ", " + std::to_string(epoch_ms(window.end)) + ")";
}

/// Small times, times at the edges of what there is, and any.
inline timestamp time_to_try(testing::random_numbers& draw) {
  constexpr std::int64_t lowest = std::numeric_limits<std::int64_t>::min() + 1;  // the lowest of all says "no time"
  constexpr std::int64_t highest = std::numeric_limits<std::int64_t>::max();
  const std::uint64_t which = draw.below(8);
  const auto distance = static_cast<std::int64_t>(draw.below(100'000));
  if (which == 0) return from_epoch_ms(lowest + distance);
  if (which == 1) return from_epoch_ms(highest - distance);
  if (which == 2) return from_epoch_ms(distance * 1'000'000'007);
  if (which == 3) return from_epoch_ms(-distance * 1'000'000'007);
  return from_epoch_ms(which % 2 == 0 ? distance : -distance);
}

/// What is wrong with the windows of one time; empty: nothing.
template <class Element, class Assigner>
std::string broken_law_at(const Assigner& assigner, const Element& element, timestamp time) {
  const std::vector<time_window> windows = windows_at(assigner, element, time);
  if (windows != windows_at(assigner, element, time)) return law_text("assignment is pure", time, windows.at(0));
  const Assigner copy = assigner;
  if (windows != windows_at(copy, element, time)) return law_text("a copy assigns alike", time, windows.at(0));
  for (std::size_t i = 0; i < windows.size(); ++i) {
    const time_window& window = windows[i];
    if (window.start > window.end) return law_text("a window begins before it ends", time, window);
    const bool empty = window.start == window.end && window.start == time;  // only where windows merge
    if (!window.contains(time) && !(merges_windows<Assigner> && empty)) {
      return law_text("a window contains its times", time, window);
    }
    if (i > 0 && !(windows[i - 1] < window)) return law_text("windows come once, by ascending end", time, window);
    if (merges_windows<Assigner> || window.start == min_timestamp) continue;
    // Windows at the edges of what there is are cut off there, and so have no first or last time of their own.
    for (const timestamp other : {window.start, window.max_timestamp()}) {
      if (other == max_timestamp) continue;
      const auto others = windows_at(assigner, element, other);
      if (std::find(others.begin(), others.end(), window) == others.end()) {
        return law_text("all times of a window are assigned to it", other, window);
      }
    }
  }
  return "";
}

}  // namespace detail

namespace testing {

/// The first law that `assigner` breaks for `element` at one of many random times; empty: none. The laws: assignment is
/// a pure function; a window contains the times that are assigned to it, and is assigned all of its times (where
/// windows merge a record has its own instead); windows of a record come once each, by ascending end; a copy assigns
/// alike.
template <class Element, window_assigner_for<Element> Assigner>
std::string broken_assigner_law(const Assigner& assigner, const Element& element, std::uint64_t seed = 0,
                                std::size_t times = 2'000) {
  random_numbers draw(seed);
  if (std::string(assigner.describe()).empty()) return "an assigner has a description";
  for (std::size_t i = 0; i < times; ++i) {
    const timestamp time = weir::detail::time_to_try(draw);
    const std::string broken = weir::detail::broken_law_at(assigner, element, time);
    if (!broken.empty()) return broken + ", seed " + std::to_string(seed);
  }
  return "";
}

}  // namespace testing
}  // namespace weir
