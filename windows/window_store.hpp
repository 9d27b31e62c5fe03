#pragma once
// The contents of the open windows of one subtask: a table of accumulators per window, never one table keyed by key and
// window, so that a window fires and is dropped as a whole.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "weir/core/key_group.hpp"
#include "weir/state/keyed_table.hpp"
#include "weir/windows/time_window.hpp"
#include "weir/windows/window_assigner.hpp"

namespace weir {

/// Finds the accumulator of a record by its time and key, and hands out windows in the order in which they close. The
/// bounds of the window used last are kept, so that a run of records in one window costs no division. One thread.
template <window_assigner Assigner, hashable_key Key, class Accumulator>
class window_store {
 public:
  using table_type = keyed_table<Key, Accumulator>;

  /// A window and what it holds.
  struct contents {
    time_window window;
    std::unique_ptr<table_type> table;
  };

  explicit window_store(Assigner assigner, key_group_range groups = all_key_groups(key_group_count{}),
                        key_group_count count = {})
      : assigner_(std::move(assigner)), range_(groups), count_(count) {}

  const Assigner& assigner() const noexcept { return assigner_; }

  /// The window that contains `time`. Throws what the assigner throws.
  time_window window_of(timestamp time) const {
    if (last_table_ != nullptr && last_window_.contains(time)) [[likely]] return last_window_;
    return assigner_.assign(time);
  }

  /// The table for records at `time`, opened if need be; null if that window is late: its max_timestamp is at or before
  /// `closed`. An open window is never late here, because take_closed removes what `closed` has passed: call it first.
  /// The table stays until its window is taken.
  [[gnu::always_inline]] table_type* table_at(timestamp time, timestamp closed) {
    if (last_table_ != nullptr && last_window_.contains(time)) [[likely]] return last_table_;
    return find_table(time, closed);
  }

  /// The accumulator of `key` in the window at `time`; a new one becomes `make()`. Null if the window is late.
  template <class KeyView, class Make>
  [[gnu::always_inline]] Accumulator* at(timestamp time, timestamp closed, const KeyView& key, std::uint64_t hash,
                                         Make&& make) {
    table_type* const table = table_at(time, closed);
    return table == nullptr ? nullptr : &table->find_or_create(key, hash, std::forward<Make>(make));
  }

  /// The same while a snapshot may be under way: `before_change(window, key_group, key, accumulator)` is given what must
  /// be copied before it changes.
  template <class KeyView, class Make, class BeforeChange>
  [[gnu::always_inline]] Accumulator* at(timestamp time, timestamp closed, const KeyView& key, std::uint64_t hash,
                                         Make&& make, BeforeChange&& before_change) {
    if (last_table_ != nullptr && last_window_.contains(time)) [[likely]] {
      return &last_table_->find_or_create(key, hash, std::forward<Make>(make));
    }
    return find_accumulator(time, closed, key, hash, make, before_change);
  }

  /// Loads what the lookup of a key in the window used last will touch into the cache; worth it for large tables only.
  bool worth_prefetching() const noexcept { return recent_table_ != nullptr && recent_table_->worth_prefetching(); }
  [[gnu::always_inline]] void prefetch(std::uint64_t hash) const noexcept { recent_table_->prefetch(hash); }
  [[gnu::always_inline]] void prefetch_entry(std::uint64_t hash) const noexcept { recent_table_->prefetch_entry(hash); }

  /// The table of a window to be restored, opened if need be.
  table_type& table_of(const time_window& window) { return *place_of(window)->table; }

  /// The snapshots of the tables have begun or are over: no lookup takes the short way past them.
  void forget_last() noexcept { last_table_ = nullptr; }

  /// The open windows by ascending end.
  const std::vector<contents>& open() const noexcept { return open_; }

  /// Calls `visitor(const table_type&)` for the tables of open windows and for those that are kept for others.
  template <class Visitor>
  void each_table(Visitor&& visitor) const {
    for (const contents& each : open_) visitor(std::as_const(*each.table));
    for (const auto& spare : pool_) visitor(std::as_const(*spare));
    for (const auto& used : used_) visitor(std::as_const(*used));
  }

  /// Takes out the earliest open window whose max_timestamp is at or before `watermark`, if there is one: repeated, it
  /// gives all of them by ascending end. Hand the table back with `recycle` once it has fired.
  std::optional<contents> take_closed(timestamp watermark) {
    if (open_.empty() || open_.front().window.max_timestamp() > watermark) return std::nullopt;
    contents taken = std::move(open_.front());
    open_.erase(open_.begin());
    if (taken.table.get() == last_table_) last_table_ = nullptr;
    if (taken.table.get() == recent_table_) recent_table_ = nullptr;
    return taken;
  }

  /// Keeps the memory of a table for a window to come.
  void recycle(std::unique_ptr<table_type> table) {
    if (pool_.size() + used_.size() < pool_max) used_.push_back(std::move(table));
  }

  /// Empties what was recycled, some `entries_max` entries at a time; false when nothing is left to do.
  bool clear_some(std::size_t entries_max) {
    if (used_.empty()) return false;
    if (used_.back()->clear_some(entries_max)) return true;
    pool_.push_back(std::move(used_.back()));
    used_.pop_back();
    return !used_.empty();
  }

 private:
  /// Windows open at the same time are few; more spare tables than this would only hold memory.
  static constexpr std::size_t pool_max = 4;

  [[gnu::noinline]] table_type* find_table(timestamp time, timestamp closed) {
    const time_window window = assigner_.assign(time);
    if (window.max_timestamp() <= closed) return nullptr;
    last_window_ = window;
    last_table_ = recent_table_ = place_of(window)->table.get();
    return last_table_;
  }

  template <class KeyView, class Make, class BeforeChange>
  [[gnu::noinline]] Accumulator* find_accumulator(timestamp time, timestamp closed, const KeyView& key,
                                                  std::uint64_t hash, Make& make, BeforeChange& before_change) {
    table_type* const table = find_table(time, closed);
    if (table == nullptr) return nullptr;
    if (!table->in_snapshot()) return &table->find_or_create(key, hash, make);
    last_table_ = nullptr;
    return &table->find_or_create_in_snapshot(key, hash, make,
                                              [&](std::uint32_t group, const auto& stored, const Accumulator& held) {
                                                before_change(last_window_, group, stored, held);
                                              });
  }

  typename std::vector<contents>::iterator place_of(const time_window& window) {
    const auto place =
        std::lower_bound(open_.begin(), open_.end(), window,
                         [](const contents& open, const time_window& wanted) { return open.window < wanted; });
    if (place != open_.end() && place->window == window) return place;
    return open_.insert(place, {window, new_table()});
  }

  std::unique_ptr<table_type> new_table() {
    auto& spare = pool_.empty() ? used_ : pool_;
    if (spare.empty()) return std::make_unique<table_type>(range_, count_);
    std::unique_ptr<table_type> table = std::move(spare.back());
    spare.pop_back();
    table->clear();
    return table;
  }

  Assigner assigner_;
  key_group_range range_;
  key_group_count count_;
  std::vector<contents> open_;
  std::vector<std::unique_ptr<table_type>> pool_;  // empty ones
  std::vector<std::unique_ptr<table_type>> used_;  // to be emptied
  time_window last_window_;
  table_type* last_table_ = nullptr;    // of last_window_, while that is open and no snapshot of it is under way
  table_type* recent_table_ = nullptr;  // the one used last
};

}  // namespace weir
