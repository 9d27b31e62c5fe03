#pragma once
// The operator under aggregate<"uid">(...) behind window(sliding(...)). A record goes into one slice, whatever the slide;
// windows are put together from slices when they fire. How depends on what the aggregate declares:
//   invertible and exact         new slices are merged in, old ones taken out     windows/running_slices.hpp
//   commutative and associative  two stacks with a border at fixed places         windows/stacked_slices.hpp
//   keeps one of its elements    the same, with the number of the record          windows/by_arrival.hpp
//   anything else                the plain method: a record goes into all of its windows, because what came first among
//                                the records of several slices is not known any more
// All give the results of the plain method; floating-point sums up to their last digits, and always the same ones.
#include <algorithm>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "weir/core/codec.hpp"
#include "weir/core/error.hpp"
#include "weir/core/fixed_string.hpp"
#include "weir/core/owned.hpp"
#include "weir/dsl/keyed_rows.hpp"
#include "weir/runtime/operator.hpp"
#include "weir/runtime/subtask_restore.hpp"
#include "weir/runtime/subtask_snapshot.hpp"
#include "weir/state/table_memory.hpp"
#include "weir/windows/aggregate_function.hpp"
#include "weir/windows/by_arrival.hpp"
#include "weir/windows/partial_aggregate.hpp"
#include "weir/windows/running_slices.hpp"
#include "weir/windows/slice_windows.hpp"
#include "weir/windows/sliding.hpp"
#include "weir/windows/stacked_slices.hpp"
#include "weir/windows/window_result.hpp"
#include "weir/windows/window_store.hpp"

namespace weir::detail {

/// Whether windows of this aggregate can be put together from slices.
template <class Function>
concept sliceable_aggregate = mergeable_aggregate<Function> && Function::is_commutative && Function::is_associative &&
                              std::copy_constructible<typename Function::accumulator_type>;

struct no_slices {};

template <class Key, class Function>
constexpr auto choose_slices() {
  if constexpr (!sliceable_aggregate<Function>) {
    return std::type_identity<no_slices>{};
  } else if constexpr (invertible_aggregate<Function> && Function::is_exact) {
    return std::type_identity<running_slices<Key, Function>>{};
  } else {
    return std::type_identity<stacked_slices<Key, Function>>{};
  }
}

/// What sliding windows have fired, in a snapshot: every one of theirs has it, and none of other windows.
inline constexpr std::string_view fired_slices_name = "fired";

/// Says that a snapshot holds the contents of other windows.
[[noreturn]] void throw_other_windows(const std::string& directory, const std::string& windows);

/// Fires a window when the watermark reaches its last instant. A record none of whose windows is open is late: it goes to
/// the side output "late" where that is split off, and is counted. One between two windows, where the slide is larger
/// than the size, is late only if it is behind the watermark, too; else it goes without a word.
template <class Element, class Key, class Selector, class UserFunction>
class sliding_aggregate_operator {
  using function_type = made_for_slices_t<UserFunction>;

 public:
  using accumulator_type = typename function_type::accumulator_type;

 private:
  using store_type = window_store<slice_windows, Key, accumulator_type>;
  using table_type = typename store_type::table_type;
  using combined_type = typename decltype(choose_slices<Key, function_type>())::type;
  static constexpr bool shares_slices = sliceable_aggregate<function_type>;
  static constexpr bool numbers = numbering_aggregate<function_type>;

 public:
  using result_type = window_result<owned_t<Key>, typename function_type::result_type>;
  /// Whether its accumulators can be part of a snapshot.
  static constexpr bool can_be_copied = has_binary_form<accumulator_type>;

  /// The side output "late" carries the records as they came.
  template <fixed_string Tag>
  using side_output = std::conditional_t<Tag.view() == "late" && !is_partial<Element>, Element, void>;

  sliding_aggregate_operator(Selector selector, const sliding_windows& windows, const UserFunction& function)
      : sliding_aggregate_operator(std::move(selector), slice_windows(windows), made_for_slices(function)) {}

  // Copied and moved as a description only, before it is opened.
  [[gnu::noinline]] sliding_aggregate_operator(const sliding_aggregate_operator& other)
      : sliding_aggregate_operator(other.selector_, other.slicing_, other.function_) {}
  [[gnu::noinline]] sliding_aggregate_operator(sliding_aggregate_operator&& other) noexcept
      : sliding_aggregate_operator(std::move(other.selector_), other.slicing_, std::move(other.function_)) {}
  [[gnu::noinline]] ~sliding_aggregate_operator() = default;
  sliding_aggregate_operator& operator=(const sliding_aggregate_operator&) = delete;
  sliding_aggregate_operator& operator=(sliding_aggregate_operator&&) = delete;

  void open(operator_context& context) {
    metrics_ = &context.metrics;
    const auto groups = groups_of_subtask(static_cast<std::uint32_t>(context.subtask.subtask),
                                          static_cast<std::uint32_t>(context.subtask.parallelism));
    slices_.emplace(slicing_, groups);
    windows_.emplace(slicing_, groups);
    if constexpr (shares_slices) combined_.emplace(function_, slicing_, groups);
  }

  bool worth_prefetching() const noexcept { return slices_->worth_prefetching(); }
  [[gnu::always_inline]] void prefetch(std::uint64_t hash) const noexcept { slices_->prefetch(hash); }
  [[gnu::always_inline]] void prefetch_entry(std::uint64_t hash) const noexcept { slices_->prefetch_entry(hash); }

  template <class Record, class Out>
  [[gnu::always_inline]] void process(Record&& record, const Out& out) {
    if constexpr (is_partial<Element>) merged_ += record.records - 1;
    const timestamp time = out.meta().time;
    if constexpr (shares_slices) {
      if (time >= settled_until_) [[likely]] {
        accumulator_type* const accumulator = in_slice(record, out, [this] { return function_.create(); });
        if (accumulator != nullptr) [[likely]] {
          if constexpr (numbers) ++arrivals_;
          add(*accumulator, std::as_const(record));
        } else {
          late(std::as_const(record), time, out);
        }
        return;
      }
    }
    process_apart(std::as_const(record), time, out);
  }
  std::uint64_t emitted(std::uint64_t, const auto&) const noexcept { return 0; }
  void absorb(const auto&, std::uint64_t) {
    if constexpr (is_partial<Element>) metrics_->records_in.add(std::exchange(merged_, 0));
  }

  template <class Out>
  advance_result on_watermark(timestamp watermark, const Out& out) {
    watermark_ = watermark;
    advance_result result;
    result.done = fire_windows(out, result.emitted);
    if constexpr (shares_slices) result.done = result.done && fire_slices(out, result.emitted);
    return result;
  }

  void on_stop() {
    std::uint64_t entries = 0;
    for (const auto& open : slices_->open()) entries += open.table->size();
    for (const auto& open : windows_->open()) entries += open.table->size();
    metrics_->open_entries.set(entries);
  }

  /// The tables of slices and windows, of those that fire or are still to be copied, and what is put together from slices.
  std::size_t state_bytes(const memory_look& look) {
    std::size_t bytes = look.counted;
    std::size_t entries = 0;
    const auto add = [&](const table_type& table) {
      bytes += table.memory_bytes();
      entries += table.size();
    };
    slices_->each_table(add);
    windows_->each_table(add);
    if (firing_) add(*firing_->table);
    for (const table_copy& each : copied_) {
      if (each.gone) add(*each.gone);
    }
    if constexpr (shares_slices) {
      bytes += combined_->memory_bytes();
      entries += combined_->accumulators();
    }
    const auto& open = shares_slices ? slices_->open() : windows_->open();
    memory_.look_at(look, open.size(), entries,
                    [&](std::size_t index) -> const table_type& { return *open[index].table; });
    return bytes + memory_.owned(entries, look.counted);
  }

  // ---- snapshots: a table per slice; what is put together from slices is made again -------------------------------------

  void begin_snapshot(const operator_snapshot& out)
    requires(can_be_copied)
  {
    snapshot_ = out;
    std::string fired;
    encode(fired_, fired);
    out.part(std::string(fired_slices_name), std::move(fired));
    for (store_type* const store : {&*slices_, &*windows_}) {
      for (const auto& open : store->open()) {
        open.table->begin_snapshot();
        copied_.push_back({store, open.window, open.table.get(), nullptr});
      }
      store->forget_last();
    }
  }

  bool snapshot_slice(const operator_snapshot& out)
    requires(can_be_copied)
  {
    if (copied_.empty()) return true;
    table_copy& next = copied_.back();
    if (copy_slice(*next.table, name_of(next.window, next.store == &*windows_), out)) {
      if (next.gone) next.store->recycle(std::move(next.gone));
      copied_.pop_back();
    }
    return copied_.empty();
  }

  void abandon_snapshot()
    requires(can_be_copied)
  {
    for (table_copy& each : copied_) {
      each.table->abandon_snapshot();
      if (each.gone) each.store->recycle(std::move(each.gone));
    }
    copied_.clear();
  }

  void restore(const operator_restore& from)
    requires(can_be_copied)
  {
    watermark_ = from.watermark();
    timestamp fired = max_timestamp;
    const auto fired_parts = from.parts(fired_slices_name);
    for (const auto& [subtask, bytes] : fired_parts) fired = std::min(fired, decode_all<timestamp>(bytes));
    fired_ = fired == max_timestamp ? watermark_ : std::max(fired, watermark_);
    settle();
    from.each_block_of_rows([&](const snapshot_block& block) {
      if (fired_parts.empty()) refuse(from);  // windows that are no slices, though they may have their bounds
      std::string_view name = block.name;
      const auto start = decode<timestamp>(name);
      const time_window window{start, decode<timestamp>(name)};
      const bool whole = !name.empty();
      if (whole == shares_slices && !(whole && window.max_timestamp() <= fired_)) refuse(from);
      if (!whole && slicing_.assign(start) != window) refuse(from);
      store_type& store = whole ? *windows_ : *slices_;
      take_rows(block, from, store.table_of(window), [this] { return function_.create(); },
                [this](const auto&, std::uint64_t, const accumulator_type& held) { this->go_on_behind(held); });
    });
  }

 private:
  sliding_aggregate_operator(Selector selector, const slice_windows& slicing, function_type function)
      : selector_(std::move(selector)), function_(std::move(function)), slicing_(slicing) {}

  static constexpr std::size_t fired_between_looks_max = 64;

  /// A slice or window whose table is being copied.
  struct table_copy {
    store_type* store;
    time_window window;
    table_type* table;
    std::unique_ptr<table_type> gone;  ///< the table, once it is not needed any more
  };

  /// What its rows are called in a snapshot: bounds, as those of all windows, and a mark behind those of whole windows.
  static std::string name_of(const time_window& window, bool whole) {
    std::string name;
    encode(window.start, name);
    encode(window.end, name);
    if (whole) name.push_back('w');
    return name;
  }

  [[noreturn]] void refuse(const operator_restore& from) const {
    throw_other_windows(from.directory(), slicing_.describe());
  }

  /// The accumulator of a record's key in its slice; null if no window that contains it is open.
  template <class Record, class Out, class Make>
  [[gnu::always_inline]] accumulator_type* in_slice(const Record& record, const Out& out, Make&& make) {
    if constexpr (can_be_copied) {
      return slices_->at(out.meta().time, closed_, selector_(record), out.meta().hash, make,
                         [this](const time_window& slice, std::uint32_t group, const auto& key, const auto& held) {
                           before_change(name_of(slice, false), snapshot_)(group, key, held);
                         });
    } else {
      return slices_->at(out.meta().time, closed_, selector_(record), out.meta().hash, make);
    }
  }

  /// With the number of the record, `arrivals_`, where the aggregate wants it.
  template <class Record>
  [[gnu::always_inline]] void add(accumulator_type& held, const Record& record) const {
    if constexpr (numbers) {
      function_.add(held, record, arrivals_);
    } else {
      function_.add(held, record);
    }
  }

  /// Records have higher numbers than those that were restored.
  void go_on_behind(const accumulator_type& restored) noexcept {
    if constexpr (numbers) arrivals_ = std::max(arrivals_, function_type::last_arrival(restored));
  }

  /// A record that more than its slice depends on.
  template <class Record, class Out>
  [[gnu::noinline]] void process_apart(const Record& record, timestamp time, const Out& out) {
    bool taken = false;
    if constexpr (numbers) ++arrivals_;
    if constexpr (shares_slices) {
      bool first = false;
      const auto make = [&] {
        first = true;
        return function_.create();
      };
      if (accumulator_type* const accumulator = in_slice(record, out, make)) {
        add(*accumulator, record);
        taken = true;
        if (time < combined_->covered_until()) {
          combined_->change(slicing_.assign(time).start, selector_(record), out.meta().hash, first,
                            [&](accumulator_type& held) { add(held, record); });
        }
      }
    }
    if (!shares_slices || watermark_ < fired_) {
      slicing_.windows().assign(time, [&](const time_window& window) {
        if (window.max_timestamp() <= watermark_ || (shares_slices && window.max_timestamp() > fired_)) return;
        add(in_window(window, selector_(record), out.meta().hash), record);
        taken = true;
      });
    }
    if (!taken) late(record, time, out);
  }

  /// The accumulator of a key in a window that shares nothing with others.
  template <class KeyView>
  accumulator_type& in_window(const time_window& window, const KeyView& key, std::uint64_t hash) {
    const auto make = [this] { return function_.create(); };
    table_type& table = windows_->table_of(window);
    if constexpr (can_be_copied) {
      return table.find_or_create_in_snapshot(
          key, hash, make, [&](std::uint32_t group, const auto& stored, const accumulator_type& held) {
            before_change(name_of(window, true), snapshot_)(group, stored, held);
          });
    } else {
      return table.find_or_create(key, hash, make);
    }
  }

  /// Calls `visit(most, visitor)`, which hands over up to `most` entries and says whether there are more, until all of
  /// `window` has fired; false if the step has to end before.
  template <class Out, class Visit>
  bool fire_all(const time_window& window, const Out& out, std::uint64_t& emitted, Visit&& visit) {
    const std::size_t between_looks = out.emits_between_looks(fired_between_looks_max);
    for (bool more = true; more;) {
      if (out.full() || emitted == results_per_step_max) return false;
      const std::size_t most = std::min<std::size_t>(between_looks, results_per_step_max - emitted);
      more = visit(most, [&](const auto& key, const accumulator_type& held) {
        fire(window, key, held, out);
        ++emitted;
      });
    }
    return true;
  }

  /// Fires what the watermark closes of the windows that share nothing; false if the step has to end before.
  template <class Out>
  bool fire_windows(const Out& out, std::uint64_t& emitted) {
    for (;;) {
      if (windows_->clear_some(cleared_per_step_max)) return false;
      if (!firing_) {
        firing_ = windows_->take_closed(watermark_);
        if (!firing_) return true;
        place_ = {};
      }
      const auto visit = [this](std::size_t most, auto&& each) { return firing_->table->visit(place_, most, each); };
      if (!fire_all(firing_->window, out, emitted, visit)) return false;
      put_away(*windows_, std::move(*firing_));
      firing_.reset();
    }
  }

  /// The same for windows that are put together from slices.
  template <class Out>
  bool fire_slices(const Out& out, std::uint64_t& emitted) {
    for (;;) {
      if (slices_->clear_some(cleared_per_step_max)) return false;
      if (!combining_) {
        combining_ = next_window();
        if (!combining_) break;
        combined_->advance_to(*combining_, slices_->open());
      }
      const auto visit = [this](std::size_t most, auto&& each) { return combined_->visit(most, each); };
      if (!fire_all(*combining_, out, emitted, visit)) return false;
      fired_ = combining_->max_timestamp();
      combining_.reset();
      settle();
      while (auto gone = slices_->take_closed(closed_)) {
        combined_->evict(gone->window, *gone->table);
        put_away(*slices_, std::move(*gone));
      }
    }
    fired_ = std::max(fired_, watermark_);
    settle();
    return true;
  }

  /// The next window that has anything in it, if the watermark has reached its last instant.
  std::optional<time_window> next_window() const {
    if (slices_->open().empty()) return std::nullopt;
    const time_window window =
        std::max(slicing_.first_window(slices_->open().front().window.start), slicing_.first_open(fired_));
    if (window.max_timestamp() > watermark_) return std::nullopt;
    return window;
  }

  /// Windows up to `fired_` have fired.
  void settle() {
    closed_ = slicing_.closed_by(fired_);
    if constexpr (shares_slices) {
      settled_until_ = combined_->covered_until();
      // A bare operator restores at the lowest watermark: what has fired then takes records again, and only those.
      if (watermark_ < fired_) settled_until_ = std::max(settled_until_, saturating_add(fired_, one_ms));
    }
  }
  static constexpr std::chrono::milliseconds one_ms{1};

  /// A table is free for another slice or window, unless it is still to be copied.
  void put_away(store_type& store, typename store_type::contents gone) {
    for (table_copy& each : copied_) {
      if (each.table != gone.table.get()) continue;
      each.gone = std::move(gone.table);
      return;
    }
    store.recycle(std::move(gone.table));
  }

  template <class StoredKey, class Out>
  void fire(const time_window& window, const StoredKey& key, const accumulator_type& held, const Out& out) {
    out.at(result_type{owned_t<Key>(key), window.start, window.end, function_.result(held)}, window.max_timestamp());
  }

  template <class Record, class Out>
  [[gnu::noinline]] void late(const Record& record, timestamp time, const Out& out) {
    if (time > watermark_ && slicing_.in_hole(time)) return;
    metrics_->late_records.add(records_in(record));
    if constexpr (Out::template has_side<"late">()) out.template side<"late">(record);
  }

  [[no_unique_address]] Selector selector_;
  [[no_unique_address]] function_type function_;
  slice_windows slicing_;
  std::optional<store_type> slices_;
  std::optional<store_type> windows_;  // that share nothing: all, or those that had fired before a restore
  std::optional<combined_type> combined_;
  table_memory<table_type> memory_;
  timestamp watermark_ = min_timestamp;
  timestamp fired_ = min_timestamp;          // windows that end with this or before are not fired from slices any more
  timestamp closed_ = min_timestamp;         // slices that end with this or before are not needed any more
  timestamp settled_until_ = min_timestamp;  // more than its slice may depend on a record before this
  std::optional<typename store_type::contents> firing_;
  typename table_type::cursor place_;
  std::optional<time_window> combining_;  // the window that is fired from slices
  operator_metrics* metrics_ = nullptr;
  std::vector<table_copy> copied_;  // while a snapshot is under way
  operator_snapshot snapshot_;      // the last one begun
  std::uint64_t arrivals_ = 0;      // the number of the last record, where the aggregate wants to know
  std::uint64_t merged_ = 0;        // records that came in others' place, since the batch began
};

}  // namespace weir::detail
