#pragma once
// The contents of a sliding window of an invertible aggregate: an accumulator per key that each new slice is merged into,
// and each old one is taken out of. A step costs a key two operations however many slices a window has.
#include <cstddef>
#include <cstdint>
#include <utility>

#include "weir/core/hash.hpp"
#include "weir/core/key_group.hpp"
#include "weir/state/keyed_table.hpp"
#include "weir/windows/aggregate_function.hpp"
#include "weir/windows/slice_windows.hpp"
#include "weir/windows/time_window.hpp"

namespace weir::detail {

/// It holds nothing that cannot be made again from the slices. One thread.
template <hashable_key Key, invertible_aggregate Function>
class running_slices {
  using accumulator_type = typename Function::accumulator_type;
  struct content {
    std::uint64_t slices;  ///< that hold the key; with the last of them the key goes
    accumulator_type accumulator;
  };
  using table_type = keyed_table<Key, content>;

 public:
  running_slices(Function function, const slice_windows&, key_group_range groups)
      : function_(std::move(function)), table_(groups) {}

  /// Slices that start before this are part of the contents, as long as they are not evicted.
  timestamp covered_until() const noexcept { return covered_until_; }

  /// The contents become those of `window`, which is later than any before; slices before it must have been evicted.
  /// `slices` are all, by ascending time.
  template <class Slices>
  void advance_to(const time_window& window, const Slices& slices) {
    for (const auto& each : slices) {
      if (each.window.start < covered_until_) continue;
      if (each.window.start >= window.end) break;
      each.table->for_each([&](const auto& key, const accumulator_type& added) {
        content& held = of(key, stable_hash(key));
        function_.merge(held.accumulator, added);
        ++held.slices;
      });
    }
    covered_until_ = window.end;
    place_ = {};
  }

  /// A slice that was covered has changed for a key: `make_change(accumulator)` changes what it is part of in the same
  /// way. `first` says whether the slice had nothing of the key before.
  template <class KeyView, class Change>
  void change(timestamp, const KeyView& key, std::uint64_t hash, bool first, Change&& make_change) {
    content& held = of(key, hash);
    make_change(held.accumulator);
    if (first) ++held.slices;
  }

  /// Calls `visitor(key, const accumulator_type&)` for up to `most` keys more; false when that were all.
  template <class Visitor>
  bool visit(std::size_t most, Visitor&& visitor) {
    return table_.visit(place_, most, [&](const auto& key, const content& held) { visitor(key, held.accumulator); });
  }

  /// A slice leaves; `table` holds what it held.
  template <class Table>
  void evict(const time_window& slice, Table& table) {
    if (slice.start >= covered_until_) return;
    table.for_each([&](const auto& key, const accumulator_type& older) {
      const std::uint64_t hash = stable_hash(key);
      content& held = *table_.find(key, hash);
      if (--held.slices == 0) {
        table_.erase(key, hash);
      } else {
        function_.unmerge(held.accumulator, older);
      }
    });
  }

  /// As of stacked_slices.
  std::size_t memory_bytes() const noexcept { return table_.memory_bytes(); }
  std::size_t accumulators() const noexcept { return table_.size(); }

 private:
  template <class KeyView>
  content& of(const KeyView& key, std::uint64_t hash) {
    return table_.find_or_create(key, hash, [this] { return content{0, function_.create()}; });
  }

  [[no_unique_address]] Function function_;
  table_type table_;
  timestamp covered_until_ = min_timestamp;
  typename table_type::cursor place_;
};

}  // namespace weir::detail
