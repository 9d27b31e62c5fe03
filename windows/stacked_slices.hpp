#pragma once
// The contents of a sliding window of an associative aggregate, by two stacks whose border has a fixed place: time is cut
// into blocks as long as a window (van Herk 1992; Gil and Werman 1993). A window begins in one block and ends in the next;
// the slices of the first are merged from its end backwards, once per block, those of the second one by one as they come.
// A step costs a key three merges on average however many slices a window has. Two stacks whose border moves when the
// first is empty (as in Tangwongsan, Hirzel, Schneider 2017) need no more, but how they group the slices depends on where
// they began: sums of floating-point numbers would come out otherwise after a restore.
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "weir/core/hash.hpp"
#include "weir/core/key_group.hpp"
#include "weir/state/keyed_table.hpp"
#include "weir/windows/aggregate_function.hpp"
#include "weir/windows/slice_windows.hpp"
#include "weir/windows/time_window.hpp"

namespace weir::detail {

/// It holds nothing that cannot be made again from the slices. One thread.
template <hashable_key Key, mergeable_aggregate Function>
class stacked_slices {
  using accumulator_type = typename Function::accumulator_type;
  /// The slices of a key from `start` to the border, merged.
  struct suffix {
    timestamp start;
    accumulator_type accumulator;
  };
  using front_table = keyed_table<Key, std::vector<suffix>>;  // the earliest start last
  using back_table = keyed_table<Key, accumulator_type>;

 public:
  stacked_slices(Function function, const slice_windows& slicing, key_group_range groups)
      : function_(std::move(function)), slicing_(slicing), front_(groups), back_(groups) {}

  /// Slices that start before this are part of the contents, as long as they are not evicted.
  timestamp covered_until() const noexcept { return covered_until_; }

  /// The contents become those of `window`, which is later than any before; slices before it must have been evicted.
  /// `slices` are all, by ascending time.
  template <class Slices>
  void advance_to(const time_window& window, const Slices& slices) {
    const timestamp border = slicing_.block_end(window);
    if (stale_ || border != border_) {
      border_ = covered_until_ = border;
      stale_ = false;
      make_front(slices);
      back_.clear();
    }
    for (const auto& each : slices) {
      if (each.window.start < covered_until_) continue;
      if (each.window.start >= window.end) break;
      each.table->for_each([&](const auto& key, const accumulator_type& added) {
        function_.merge(back_of(key, stable_hash(key)), added);
      });
    }
    covered_until_ = window.end;
    start_ = window.start;
    in_back_ = false;
    front_place_ = {};
    back_place_ = {};
  }

  /// A slice that was covered has changed for a key: `make_change(accumulator)` changes what it is part of in the same
  /// way.
  template <class KeyView, class Change>
  void change(timestamp slice, const KeyView& key, std::uint64_t hash, bool, Change&& make_change) {
    if (Function::is_exact && slice >= border_) {
      make_change(back_of(key, hash));
    } else {
      stale_ = true;  // where it belongs in the grouping it cannot be put now
    }
  }

  /// Calls `visitor(key, const accumulator_type&)` for up to `most` keys more; false when that were all.
  template <class Visitor>
  bool visit(std::size_t most, Visitor&& visitor) {
    if (!in_back_) {
      if (front_.visit(front_place_, most, [&](const auto& key, std::vector<suffix>& stack) {
            while (!stack.empty() && stack.back().start < start_) stack.pop_back();
            if (!stack.empty()) visit_joined(key, stack.back().accumulator, visitor);
          })) {
        return true;
      }
      in_back_ = true;
    }
    return back_.visit(back_place_, most, [&](const auto& key, const accumulator_type& held) {
      const std::vector<suffix>* const stack = front_.find(key, stable_hash(key));
      if (stack == nullptr || stack->empty()) visitor(key, held);
    });
  }

  /// A slice leaves.
  template <class Table>
  void evict(const time_window&, const Table&) const noexcept {}

  /// Bytes on the heap, without what accumulators own there, and how many of these there are.
  std::size_t memory_bytes() const noexcept { return front_.memory_bytes() + back_.memory_bytes() + stack_bytes_; }
  std::size_t accumulators() const noexcept { return suffixes_ + back_.size(); }

 private:
  template <class Slices>
  void make_front(const Slices& slices) {
    front_.clear();
    stack_bytes_ = 0;
    suffixes_ = 0;
    for (auto each = slices.rbegin(); each != slices.rend(); ++each) {
      if (each->window.start >= border_) continue;
      each->table->for_each([&](const auto& key, const accumulator_type& older) {
        std::vector<suffix>& stack = front_.find_or_create(key, stable_hash(key), [] { return std::vector<suffix>(); });
        suffix made{each->window.start, older};
        if (!stack.empty()) function_.merge(made.accumulator, stack.back().accumulator);
        const std::size_t before = heap_bytes(stack.capacity() * sizeof(suffix));
        stack.push_back(std::move(made));
        stack_bytes_ += heap_bytes(stack.capacity() * sizeof(suffix)) - before;
        ++suffixes_;
      });
    }
  }

  template <class KeyView>
  accumulator_type& back_of(const KeyView& key, std::uint64_t hash) {
    return back_.find_or_create(key, hash, [this] { return function_.create(); });
  }

  template <class StoredKey, class Visitor>
  void visit_joined(const StoredKey& key, const accumulator_type& front, Visitor& visitor) const {
    const accumulator_type* const back = back_.find(key, stable_hash(key));
    if (back == nullptr) {
      visitor(key, front);
      return;
    }
    accumulator_type joined = front;
    function_.merge(joined, *back);
    visitor(key, std::as_const(joined));
  }

  [[no_unique_address]] Function function_;
  slice_windows slicing_;
  front_table front_;
  back_table back_;
  std::size_t stack_bytes_ = 0;  // of the vectors in front
  std::size_t suffixes_ = 0;     // that were put there
  timestamp border_ = min_timestamp;  // between front and back
  timestamp covered_until_ = min_timestamp;
  timestamp start_ = min_timestamp;  // of the window whose contents they are
  bool stale_ = false;               // the slices have changed otherwise
  bool in_back_ = false;
  typename front_table::cursor front_place_;
  typename back_table::cursor back_place_;
};

}  // namespace weir::detail
