#pragma once
// The operator under interval_join<"uid">(...), the inner one: a key has one row with the records of both sides, in the
// order of their times, and a calendar with one entry per key, instead of a timer per record. What can find no partner
// any more lies before all that is looked for: it is removed when its side needs room. The calendar sees to keys that are
// not seen any more, some time after the record that goes last. Joins that also give what has no partner must act at the
// moment of each record: those are process functions (interval_join.hpp).
#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "weir/core/codec.hpp"
#include "weir/core/either.hpp"
#include "weir/core/fixed_string.hpp"
#include "weir/core/key_group.hpp"
#include "weir/core/owned.hpp"
#include "weir/core/owned_bytes.hpp"
#include "weir/core/record.hpp"
#include "weir/dsl/join_side.hpp"
#include "weir/dsl/keyed_rows.hpp"
#include "weir/dsl/stored_rows.hpp"
#include "weir/runtime/batch_local.hpp"
#include "weir/runtime/operator.hpp"
#include "weir/runtime/watermark_valve.hpp"
#include "weir/state/calendar_delay.hpp"
#include "weir/state/keyed_table.hpp"
#include "weir/state/state_kind.hpp"
#include "weir/state/state_schema.hpp"
#include "weir/state/table_memory.hpp"
#include "weir/state/time_ordered_buffer.hpp"
#include "weir/state/timer_queue.hpp"
#include "weir/windows/time_window.hpp"

namespace weir {
namespace detail {

/// What a row of joined records is in a snapshot.
template <class Left, class Right>
struct written_join {
  timestamp looked_at{};
  timestamp at_watermark{};
  std::vector<timed_value<Left>> left;
  std::vector<timed_value<Right>> right;
};

/// The records of a key that may still find partners.
template <class Left, class Right>
struct joined_records {
  timestamp looked_at = min_timestamp;     ///< when the calendar wants to see the row; min_timestamp: never
  timestamp at_watermark = min_timestamp;  ///< at which a record of that very time has come, which then stays until the next
  time_ordered_buffer<timed_value<Left>> left;
  time_ordered_buffer<timed_value<Right>> right;

  bool empty() const noexcept { return left.empty() && right.empty(); }

  static constexpr bool used_with_its_parts = true;
  void prefetch_parts() const noexcept {
    left.prefetch();
    right.prefetch();
  }

  static constexpr bool owns_memory = detail::owns_memory<timed_value<Left>> || detail::owns_memory<timed_value<Right>>;
  static constexpr bool owns_by_counted = owns_memory;
  beside_entry memory() const {
    return {.counted = left.memory_bytes() + right.memory_bytes(), .owned = owned_by(left) + owned_by(right)};
  }

  template <class Out>
  void encode_to(Out& out) const {
    encode(looked_at, out);
    encode(at_watermark, out);
    encode_side(left, out);
    encode_side(right, out);
  }
  void decode_from(std::string_view& in) {
    looked_at = decode<timestamp>(in);
    at_watermark = decode<timestamp>(in);
    decode_side(in, left);
    decode_side(in, right);
  }

 private:
  template <class Value>
  static std::size_t owned_by(const time_ordered_buffer<timed_value<Value>>& side) {
    if constexpr (!detail::owns_memory<timed_value<Value>>) return 0;
    return sum_over(side.begin(), side.size(), [](const auto& each) { return owned_bytes(each); });
  }
  template <class Value, class Out>
  static void encode_side(const time_ordered_buffer<timed_value<Value>>& side, Out& out) {
    encode_varint(side.size(), out);
    for (const auto& each : side) encode(each, out);
  }
  template <class Value>
  static void decode_side(std::string_view& in, time_ordered_buffer<timed_value<Value>>& side) {
    side.clear();
    for (std::uint64_t more = decode_count<timed_value<Value>>(in); more > 0; --more) {
      side.insert(decode<timed_value<Value>>(in));
    }
  }
};

/// Pairs right records with left ones whose time lies in [left time + first, left time + last]. A left record waits up to
/// its time + max(last, 0), a right one up to its time + max(-first, 0); at the watermark that reaches this it is gone.
template <class Left, class Right, class Key, class Selector, class Function>
class interval_join_operator {
  using row_type = joined_records<owned_t<Left>, owned_t<Right>>;
  using table_type = keyed_table<Key, row_type>;
  using element = either<Left, Right>;

 public:
  static constexpr bool expands = true;
  using result_type = join_result<Function, Left, Right, join_kind::inner>;

  /// Late records, as they came.
  template <fixed_string Tag>
  using side_output =
      std::conditional_t<Tag.view() == "late", element,
                         std::conditional_t<Tag.view() == "late_left", Left,
                                            std::conditional_t<Tag.view() == "late_right", Right, void>>>;

  interval_join_operator(Selector selector, Function function, std::chrono::milliseconds first,
                         std::chrono::milliseconds last)
      : selector_(std::move(selector)),
        function_(std::move(function)),
        first_(first),
        last_(last),
        left_waits_(std::max(last, std::chrono::milliseconds{0})),
        right_waits_(std::max(-first, std::chrono::milliseconds{0})),
        delay_(left_waits_ + right_waits_) {}

  // Copied and moved as a description only, before it is opened.
  [[gnu::noinline]] interval_join_operator(const interval_join_operator& other)
      : interval_join_operator(other.selector_, other.function_, other.first_, other.last_) {}
  [[gnu::noinline]] interval_join_operator(interval_join_operator&& other) noexcept
      : interval_join_operator(std::move(other.selector_), std::move(other.function_), other.first_, other.last_) {}
  [[gnu::noinline]] ~interval_join_operator() = default;
  interval_join_operator& operator=(const interval_join_operator&) = delete;
  interval_join_operator& operator=(interval_join_operator&&) = delete;

  void open(operator_context& context) {
    metrics_ = &context.metrics;
    table_.emplace(groups_of_subtask(static_cast<std::uint32_t>(context.subtask.subtask),
                                     static_cast<std::uint32_t>(context.subtask.parallelism)));
    rows_.open(context, *table_, nullptr);
  }

  bool worth_prefetching() const noexcept { return table_->worth_prefetching(); }
  [[gnu::always_inline]] void prefetch(std::uint64_t hash) const noexcept { table_->prefetch(hash); }
  [[gnu::always_inline]] void prefetch_entry(std::uint64_t hash) const noexcept { table_->prefetch_entry(hash); }

  /// With rows in a store, fetches those of the batch; `selector_` then sees each record once more.
  template <class Batch>
  [[gnu::always_inline]] void before_batch(Batch& input, std::size_t from, std::size_t to) {
    if (rows_) [[unlikely]] rows_.fetch(selector_, input, from, to, make_row);
  }

  template <class Record, class Out>
  [[gnu::always_inline]] void process(Record&& record, const Out& out) {
    const element& both = record;
    const timestamp time = out.meta().time;
    if (time == min_timestamp) [[unlikely]] throw_joined_without_time();
    if (time < watermark_) [[unlikely]] {
      late(both, out);
      return;
    }
    const Key& key = selector_(both);
    row_type& row = row_of(key, out.meta().hash);
    // What is gone at the watermark can be found only by a record of that very time. Rows of a store are kept short.
    if (time == watermark_ || rows_) [[unlikely]] see(row, watermark_);
    if (time == watermark_) [[unlikely]] row.at_watermark = watermark_;
    if (both.is_left()) {
      const Left& left = both.left();
      if (row.left.full()) [[unlikely]] see(row, watermark_);
      row.left.insert({time, owned_t<Left>(left)});
      const auto partners = row.right.within(saturating_add(time, first_), saturating_add(time, last_));
      for (const auto& other : partners) emit(left, borrow<Right>(other.value), std::max(time, other.time), out);
      emitted_ += partners.size();
      if (row.looked_at == min_timestamp) [[unlikely]] look_behind(row, saturating_add(time, left_waits_), key, out.meta().hash);
    } else {
      const Right& right = both.right();
      if (row.right.full()) [[unlikely]] see(row, watermark_);
      row.right.insert({time, owned_t<Right>(right)});
      const auto partners = row.left.within(saturating_add(time, -last_), saturating_add(time, -first_));
      for (const auto& other : partners) emit(borrow<Left>(other.value), right, std::max(time, other.time), out);
      emitted_ += partners.size();
      if (row.looked_at == min_timestamp) [[unlikely]] look_behind(row, saturating_add(time, right_waits_), key, out.meta().hash);
    }
  }
  std::uint64_t emitted(std::uint64_t, const auto&) noexcept { return std::exchange(emitted_, 0); }
  void absorb(const auto&, std::uint64_t) { show_calendar(); }

  /// Emits nothing; removes the rows of keys that are not seen any more, some thousand in a step.
  template <class Out>
  advance_result on_watermark(timestamp watermark, const Out&) {
    watermark_ = watermark;
    const bool prefetches = table_->worth_prefetching();
    const auto prefetch_row = [&](std::uint64_t hash) {
      if (prefetches) table_->prefetch(hash);
    };
    if (rows_) rows_.make_room();
    bool done = false;
    for (std::size_t step = 0; step < results_per_step_max && !done; ++step) {
      done = !calendar_.pop_due(watermark, due_, prefetch_row);
      if (!done) look_at_due();
    }
    show_calendar();
    if (done && watermark == max_timestamp) on_stop();
    return {.done = done};
  }

  void on_stop() { metrics_->open_entries.set(calendar_.size()); }

  // ---- snapshots ----------------------------------------------------------------------------------------------------

  void begin_snapshot(const operator_snapshot& out) {
    if (rows_) {
      rows_.begin_snapshot(out);
      return;
    }
    snapshot_ = out;
    table_->begin_snapshot();
  }
  bool snapshot_slice(const operator_snapshot& out) {
    return rows_ ? rows_.snapshot_slice() : copy_slice(*table_, rows_name, out);
  }
  void abandon_snapshot() { table_->abandon_snapshot(); }

  /// What was gone at the watermark of the subtask that had a row stays so.
  void restore(const operator_restore& from) {
    watermark_ = from.watermark();
    std::vector<timestamp> watermarks;
    if (from.has_state()) {
      watermarks.assign(from.old_parallelism(), min_timestamp);
      for (const auto& [subtask, bytes] : from.parts("time")) watermarks.at(subtask) = watermark_valve::current_in(bytes);
    }
    const auto take_up = [&, this](const Key& key, std::uint64_t hash, row_type& row) {
      if (!watermarks.empty()) {
        see(row, watermarks[subtask_of_hash(hash, static_cast<std::uint32_t>(watermarks.size()))]);
      }
      if (row.looked_at != min_timestamp) calendar_.push(row.looked_at, key, hash);
    };
    rows_.restore(from, make_row, take_up);
    if (rows_) rows_.each_stored(make_row, take_up);
    show_calendar();
  }

  std::size_t state_bytes(const memory_look& look) {
    const std::size_t rows = table_->size();
    memory_.look_at(look, 1, rows, [this](std::size_t) -> const table_type& { return *table_; });
    return table_->memory_bytes() + look.counted + memory_.owned(rows, look.counted) + calendar_.memory_bytes() +
           calendar_.size() * memory_.owned_by_key();
  }

 private:
  static row_type make_row() { return row_type(); }

  /// The row of `key`, which may be changed.
  [[gnu::always_inline]] row_type& row_of(const Key& key, std::uint64_t hash) {
    if (!table_->in_snapshot()) [[likely]] return table_->find_or_create(key, hash, make_row);
    return table_->find_or_create_in_snapshot(key, hash, make_row, before_change(rows_name, snapshot_));
  }

  template <class Out>
  [[gnu::always_inline]] void emit(const Left& left, const Right& right, timestamp time, const Out& out) {
    out.at(call_join<Left, Right, join_kind::inner>(function_, &left, &right), time);
  }

  template <class Out>
  [[gnu::noinline]] void late(const element& record, const Out& out) {
    metrics_->late_records.add(1);
    if constexpr (Out::template has_side<"late">()) out.template side<"late">(record);
    if (record.is_left()) {
      if constexpr (Out::template has_side<"late_left">()) out.template side<"late_left">(record.left());
    } else {
      if constexpr (Out::template has_side<"late_right">()) out.template side<"late_right">(record.right());
    }
  }

  /// Removes what is gone at `watermark`. A record whose moment it is has come before the watermark, unless the row says
  /// otherwise.
  [[gnu::noinline]] void see(row_type& row, timestamp watermark) const {
    if (row.at_watermark != watermark || watermark == min_timestamp) remove_gone(row, watermark);
  }
  void remove_gone(row_type& row, timestamp watermark) const {
    remove_until(row.left, left_waits_, watermark);
    remove_until(row.right, right_waits_, watermark);
  }
  template <class Buffer>
  static void remove_until(Buffer& entries, std::chrono::milliseconds waits, timestamp limit) {
    std::size_t count = 0;
    for (const auto& each : entries) {
      if (saturating_add(each.time, waits) > limit) break;
      ++count;
    }
    entries.drop_front(count);
  }

  /// Lets the calendar look at a row some time after `removal`, when its last record is gone.
  [[gnu::noinline]] void look_behind(row_type& row, timestamp removal, const Key& key, std::uint64_t hash) {
    row.looked_at = saturating_add(removal, delay_.now());
    calendar_.push(row.looked_at, key, hash);
  }

  void look_at_due() {
    const Key& key = borrow<Key>(due_.key);
    const std::uint64_t hash = due_.hash;
    if (rows_) rows_.fetch_one(key, hash, make_row);
    row_type& row = row_of(key, hash);
    if (row.looked_at != due_.time) return;  // a store forgets rows without records; this one was made anew since
    remove_gone(row, watermark_);
    delay_.count(!row.empty());
    if (!row.empty()) {
      timestamp last = min_timestamp;
      if (!row.left.empty()) last = saturating_add(row.left.back().time, left_waits_);
      if (!row.right.empty()) last = std::max(last, saturating_add(row.right.back().time, right_waits_));
      look_behind(row, last, key, hash);
    } else if (!rows_) {
      table_->erase(key, hash);
    } else {  // stays in the cache, to say that there is none
      row.left.clear();
      row.right.clear();
      row.looked_at = row.at_watermark = min_timestamp;
    }
  }

  void show_calendar() noexcept { metrics_->event_timers.set(calendar_.size()); }

  [[no_unique_address]] Selector selector_;
  [[no_unique_address]] Function function_;
  std::chrono::milliseconds first_;
  std::chrono::milliseconds last_;
  std::chrono::milliseconds left_waits_;
  std::chrono::milliseconds right_waits_;
  calendar_delay delay_;
  timestamp watermark_ = min_timestamp;
  std::optional<table_type> table_;
  stored_rows<Key, row_type> rows_;
  timer_queue<Key> calendar_;
  typename timer_queue<Key>::entry due_;
  std::uint64_t emitted_ = 0;
  operator_metrics* metrics_ = nullptr;
  operator_snapshot snapshot_;  // the last one begun
  table_memory<table_type> memory_;
};

}  // namespace detail

template <class Left, class Right>
struct record_fields<detail::written_join<Left, Right>> {
  using of = detail::written_join<Left, Right>;
  using type = field_list<field<&of::looked_at, "looked_at">, field<&of::at_watermark, "at_watermark">,
                          field<&of::left, "left">, field<&of::right, "right">>;
};

}  // namespace weir
