#pragma once
// Keyed state larger than the cache is waited for most of the time: a lookup takes longer than all else that happens to a
// record. A batch knows the hashes of the records to come, so what their lookups will touch is fetched ahead.
#include <algorithm>
#include <cstddef>

namespace weir::detail {

/// Cuts the records [from, to) of a batch into runs, between which it fetches what `Operator` will touch for later ones:
/// first the table's line (`prefetch`), then, when that has come, the state (`prefetch_entry`). There is one run, and
/// nothing to do, where the operator does not look up state, or its tables are small.
template <class Operator, class Batch>
class lookahead {
  static constexpr bool possible = requires(Operator& operation, Batch& input) {
    operation.prefetch(input.meta(0).hash);
    operation.prefetch_entry(input.meta(0).hash);
    operation.worth_prefetching();
  };

 public:
  [[gnu::always_inline]] lookahead(Operator& operation, Batch& input, std::size_t from, std::size_t to)
      : operation_(operation), input_(input), to_(to) {
    if constexpr (possible) {
      active_ = operation_.worth_prefetching();
      if (!active_) return;
      fetch_lines(from, from + 2 * distance);
      fetch_entries(from, from + distance);
    }
  }

  /// The end of the run that begins at `position`.
  [[gnu::always_inline]] std::size_t run_end(std::size_t position) {
    if constexpr (possible) {
      if (active_) return fetch_from(position);
    }
    return to_;
  }

 private:
  // Memory answers after some 300 ns, and a record takes 10 to 20.
  static constexpr std::size_t distance = 24;
  static constexpr std::size_t run_records = 8;

  std::size_t fetch_from(std::size_t position) {
    fetch_entries(position + distance, position + distance + run_records);
    fetch_lines(position + 2 * distance, position + 2 * distance + run_records);
    return std::min(to_, position + run_records);
  }
  void fetch_lines(std::size_t from, std::size_t to) {
    for (std::size_t i = from; i < std::min(to, to_); ++i) operation_.prefetch(input_.meta(i).hash);
  }
  void fetch_entries(std::size_t from, std::size_t to) {
    for (std::size_t i = from; i < std::min(to, to_); ++i) operation_.prefetch_entry(input_.meta(i).hash);
  }

  Operator& operation_;
  Batch& input_;
  std::size_t to_;
  bool active_ = false;
};

}  // namespace weir::detail
