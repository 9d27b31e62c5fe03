#pragma once
// How windows that overlap or touch become one: sessions. One rule for a set of windows at once and for one that joins
// those of a key.
#include <algorithm>
#include <cstddef>
#include <utility>
#include <vector>

#include "weir/windows/time_window.hpp"

namespace weir {

/// Whether two windows become one: they overlap or touch. A window without length touches what it lies in.
constexpr bool touches(const time_window& left, const time_window& right) noexcept {
  return left.start <= right.end && right.start <= left.end;
}

/// The smallest window that holds both.
constexpr time_window cover(const time_window& left, const time_window& right) noexcept {
  return {std::min(left.start, right.start), std::max(left.end, right.end)};
}

/// Several windows and the one that they become.
struct merged_windows {
  time_window result;
  std::vector<time_window> sources;  ///< by ascending start; two at least
};

/// What becomes of `windows`; those that stay as they are, are not listed.
std::vector<merged_windows> merge_windows(std::vector<time_window> windows);

namespace detail {

/// Lets `added` join `panes`, which have `start` and `end`, are ascending and touch one another nowhere. Returns the
/// pane of the window that it becomes part of: the first one that it touches, which so keeps its place and its state;
/// or `make(added)`, inserted. Where that window changes, `merge(pane, window, from, to)` is called before: [from, to)
/// are further panes that become part of it and are erased then.
template <class Pane, class Make, class Merge>
Pane& join_window(std::vector<Pane>& panes, const time_window& added, Make&& make, Merge&& merge) {
  const auto window_of = [](const Pane& pane) { return time_window{pane.start, pane.end}; };
  const auto first =
      std::find_if(panes.begin(), panes.end(), [&](const Pane& pane) { return pane.end >= added.start; });
  auto last = first;
  time_window whole = added;
  while (last != panes.end() && touches(window_of(*last), added)) {
    whole = cover(whole, window_of(*last));
    ++last;
  }
  if (first == last) return *panes.insert(first, make(added));
  if (last - first > 1 || whole != window_of(*first)) {
    merge(*first, whole, first + 1, last);
    first->start = whole.start;
    first->end = whole.end;
    panes.erase(first + 1, last);
  }
  return *first;
}

}  // namespace detail
}  // namespace weir
