#pragma once
// The operator under aggregate<"uid">(...) behind window(session(...)) in event time, as long as nothing more is said
// about the windows; with a trigger, an evictor or lateness they are windows in general (pane_function.hpp), whose
// results these are, too. A key has one row with its open sessions, and a calendar says when to look at it: one entry
// per key, at the end that the session had when the entry was made. A record that lets the session grow moves no entry;
// when that is due and the session goes on, it is put back at the new end. Where nobody can tell, the senders aggregate
// first (session_writer.hpp).
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <source_location>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "weir/core/fixed_string.hpp"
#include "weir/core/key_group.hpp"
#include "weir/core/owned.hpp"
#include "weir/dsl/keyed_rows.hpp"
#include "weir/dsl/pane_body.hpp"
#include "weir/dsl/pane_stage.hpp"
#include "weir/dsl/pre_aggregating_writer.hpp"
#include "weir/dsl/session_writer.hpp"
#include "weir/dsl/stored_rows.hpp"
#include "weir/runtime/operator.hpp"
#include "weir/state/keyed_table.hpp"
#include "weir/state/table_memory.hpp"
#include "weir/state/timer_queue.hpp"
#include "weir/windows/aggregate_function.hpp"
#include "weir/windows/open_sessions.hpp"
#include "weir/windows/partial_aggregate.hpp"
#include "weir/windows/session.hpp"
#include "weir/windows/windowing.hpp"

namespace weir::detail {

template <class Assigner>
inline constexpr bool is_event_time_session = std::is_same_v<Assigner, session_windows>;
template <class Gap>
inline constexpr bool is_event_time_session<dynamic_session_windows<event_clock, Gap>> = true;

/// Sessions that fire at their end and never again.
template <class Windowing>
inline constexpr bool are_plain_sessions =
    is_event_time_session<typename Windowing::assigner_type> &&
    std::is_same_v<typename Windowing::trigger_type, default_trigger> && !Windowing::may_refire &&
    std::is_same_v<typename Windowing::evictor_type, no_evictor>;

/// Fires a session when the watermark reaches its last instant; sessions in the order of their ends. A record is late if
/// its session would have fired, and touches none that has not: it goes to the side output "late" where that is split
/// off, and is counted. Elements may be partial sessions.
template <class Element, class Key, class Selector, class Assigner, class Function>
class session_aggregate_operator {
  using accumulator_type = typename Function::accumulator_type;
  using row_type = open_sessions<accumulator_type>;
  using session = typename row_type::session;
  using table_type = keyed_table<Key, row_type>;
  using output = window_output<Key, typename Function::result_type, false>;

 public:
  using result_type = typename output::type;

  /// The side output "late" carries the records as they came.
  template <fixed_string Tag>
  using side_output = std::conditional_t<Tag.view() == "late" && !is_partial<Element>, Element, void>;

  session_aggregate_operator(Selector selector, Assigner assigner, Function function)
      : selector_(std::move(selector)), assigner_(std::move(assigner)), function_(std::move(function)) {}

  // Copied and moved as a description only, before it is opened.
  [[gnu::noinline]] session_aggregate_operator(const session_aggregate_operator& other)
      : session_aggregate_operator(other.selector_, other.assigner_, other.function_) {}
  [[gnu::noinline]] session_aggregate_operator(session_aggregate_operator&& other) noexcept
      : session_aggregate_operator(std::move(other.selector_), std::move(other.assigner_), std::move(other.function_)) {}
  [[gnu::noinline]] ~session_aggregate_operator() = default;
  session_aggregate_operator& operator=(const session_aggregate_operator&) = delete;
  session_aggregate_operator& operator=(session_aggregate_operator&&) = delete;

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
    if (rows_) [[unlikely]] {
      if constexpr (is_partial<Element>) {  // text travels as a view
        rows_.fetch([](const Element& partial) { return Key(partial.key); }, input, from, to, make_row);
      } else {
        rows_.fetch(selector_, input, from, to, make_row);
      }
    }
  }

  template <class Record, class Out>
  [[gnu::always_inline]] void process(Record&& record, const Out& out) {
    const Element& element = record;
    if constexpr (is_partial<Element>) merged_ += element.records - 1;
    const time_window added = window_of(element, out.meta().time);
    const auto& key = selector_(element);
    row_type* const row = row_to_change(key, out.meta().hash);
    session* const grown = row == nullptr ? nullptr : row->grow(added);
    if (grown != nullptr) [[likely]] {
      function_.add(grown->contents, element);
    } else {
      join(row, key, added, element, out);
    }
  }
  std::uint64_t emitted(std::uint64_t, const auto&) const noexcept { return 0; }
  void absorb(const auto&, std::uint64_t) {
    if constexpr (is_partial<Element>) metrics_->records_in.add(std::exchange(merged_, 0));
  }

  template <class Out>
  advance_result on_watermark(timestamp watermark, const Out& out) {
    watermark_ = watermark;
    advance_result result;
    const bool prefetches = table_->worth_prefetching();
    const auto prefetch_row = [&](std::uint64_t hash) {
      if (prefetches) table_->prefetch(hash);
    };
    if (rows_) rows_.make_room();
    const std::size_t emits_between_looks = out.emits_between_looks(emits_between_looks_max);
    std::size_t emitted_since_look = 0;
    for (std::size_t step = 0; step < results_per_step_max; ++step) {
      if (!calendar_.pop_due(watermark, due_, prefetch_row)) {
        if (watermark == max_timestamp) on_stop();
        return result;
      }
      const Key& key = borrow<Key>(due_.key);
      if (rows_) rows_.fetch_one(key, due_.hash, make_row);
      row_type* const row = row_to_change(key, due_.hash);
      if (row == nullptr || row->looked_at() != due_.time) continue;
      if (row->front().window().max_timestamp() == due_.time) {
        fire(key, row->front(), out);
        row->pop_front();
        --open_;
        ++result.emitted;
        ++emitted_since_look;
      }
      if (row->empty()) {
        row->look_at(min_timestamp);
        if (!rows_) table_->erase(key, due_.hash);
      } else {
        look_at_end(*row, key, due_.hash);
      }
      if (emitted_since_look >= emits_between_looks) {
        if (out.full()) break;
        emitted_since_look = 0;
      }
    }
    result.done = false;
    return result;
  }

  void on_stop() { metrics_->open_entries.set(open_); }

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

  void restore(const operator_restore& from) {
    watermark_ = from.watermark();
    const auto take_up = [this](const Key& key, std::uint64_t hash, const row_type& row) {
      open_ += row.size();
      if (!row.empty()) calendar_.push(row.looked_at(), key, hash);
    };
    rows_.restore(from, make_row, take_up);
    if (rows_) rows_.each_stored(make_row, take_up);
  }

  std::size_t state_bytes(const memory_look& look) {
    const std::size_t rows = table_->size();
    memory_.look_at(look, 1, rows, [this](std::size_t) -> const table_type& { return *table_; });
    return table_->memory_bytes() + look.counted + memory_.owned(rows, look.counted) + calendar_.memory_bytes() +
           calendar_.size() * memory_.owned_by_key();
  }

 private:
  static constexpr std::size_t emits_between_looks_max = 64;

  static row_type make_row() { return row_type(); }

  [[gnu::always_inline]] time_window window_of(const Element& element, timestamp time) const {
    if constexpr (is_partial<Element>) {
      return {time, element.end};
    } else if constexpr (assigns_one<Assigner>) {
      return assigner_.assign(time);
    } else {
      return assigner_.assign(element, time);
    }
  }

  /// The row of `key`, or null. Rows are changed only after they were looked up here.
  template <class KeyView>
  [[gnu::always_inline]] row_type* row_to_change(const KeyView& key, std::uint64_t hash) {
    row_type* const found = table_->find(key, hash);
    if (table_->in_snapshot() && found != nullptr) [[unlikely]] {
      table_->before_change(*found, hash, before_change(rows_name, snapshot_));
    }
    return found;
  }

  template <class KeyView>
  row_type& new_row(const KeyView& key, std::uint64_t hash) {
    if (!table_->in_snapshot()) return table_->find_or_create(key, hash, make_row);
    return table_->find_or_create_in_snapshot(key, hash, make_row, before_change(rows_name, snapshot_));
  }

  /// A record that does more than let the only session of its key grow. `row` may be null.
  template <class KeyView, class Out>
  [[gnu::noinline]] void join(row_type* row, const KeyView& key, const time_window& added, const Element& element,
                              const Out& out) {
    if (added.max_timestamp() <= watermark_ && (row == nullptr || !row->any_touches(added))) {
      metrics_->late_records.add(records_in(element));
      if constexpr (Out::template has_side<"late">()) out.template side<"late">(element);
      return;
    }
    const std::uint64_t hash = out.meta().hash;
    if (row == nullptr) row = &new_row(key, hash);
    open_ -= row->size();
    session& joined = row->join(
        added, [this] { return function_.create(); },
        [this](accumulator_type& held, const accumulator_type& later) { function_.merge(held, later); });
    open_ += row->size();
    function_.add(joined.contents, element);
    const timestamp next = row->looked_at();
    if (next == min_timestamp || row->front().window().max_timestamp() < next) look_at_end(*row, key, hash);
  }

  /// Puts the row into the calendar, at the end of its first session.
  template <class KeyView>
  void look_at_end(row_type& row, const KeyView& key, std::uint64_t hash) {
    row.look_at(row.front().window().max_timestamp());
    calendar_.push(row.looked_at(), key, hash);
  }

  template <class Out>
  void fire(const Key& key, const session& closed, const Out& out) {
    const firing of{closed.window(), {}};
    out.at(output::make(key, of, function_.result(closed.contents)), closed.window().max_timestamp());
  }

  [[no_unique_address]] Selector selector_;
  [[no_unique_address]] Assigner assigner_;
  [[no_unique_address]] Function function_;
  timestamp watermark_ = min_timestamp;
  std::optional<table_type> table_;
  stored_rows<Key, row_type> rows_;
  timer_queue<Key> calendar_;
  typename timer_queue<Key>::entry due_;
  std::uint64_t open_ = 0;  // sessions of all keys
  operator_metrics* metrics_ = nullptr;
  operator_snapshot snapshot_;  // the last one begun
  table_memory<table_type> memory_;
  std::uint64_t merged_ = 0;  // records that came in others' place, since the batch began
};

/// Sessions and their aggregate before it is known what follows: they are settled as `aggregated_stage` is.
template <class Stream, class Function>
struct aggregated_sessions {
  using element = typename Stream::element_type;
  using key = typename Stream::key_type;
  using clock = typename Stream::clock;
  using windowed_type = typename Stream::stage_type;
  using selector = decltype(std::declval<windowed_type&>().keyed.selector);
  using assigner = decltype(std::declval<windowed_type&>().assigner.assigner);
  using result_type = typename window_output<key, typename Function::result_type, false>::type;

  template <fixed_string Tag>
  using side_output = std::conditional_t<Tag.view() == "late", element, void>;

  windowed_type windowed;
  Function function;
  std::string detail;  // of the aggregate
  std::string uid;
  std::source_location where;
  std::vector<std::string> columns;
  std::string name{};

  template <bool KeepsLate>
  auto settle() && {
    constexpr const char* obstacle = KeepsLate ? "late records are split off"
                                     : is_connected<decltype(windowed.keyed.stage)>
                                         ? "two streams are connected"
                                     : !std::is_same_v<assigner, session_windows>
                                         ? "each record has a gap of its own"
                                         : why_not_pre_aggregated<Function>();
    if constexpr (obstacle == nullptr) {
      using writer = session_writer<key, selector, Function>;
      using partial = typename writer::partial_type;
      auto closed = close_stage(std::move(windowed.keyed.stage),
                                writer(windowed.keyed.selector, windowed.assigner.assigner, function, uid), 1);
      auto behind = open_behind<partial, writer::column_set>(
          *make_edge_of<partial, writer::column_set>(std::move(closed), {.how = partitioning::hash,
                                                                         .key = windowed.keyed.key_name,
                                                                         .element_type = type_name<element>(),
                                                                         .pre_aggregation = "pre-aggregated"}));
      return finish<partial>(std::move(behind), partial_key{}, merging_function<Function>{std::move(function)});
    } else {
      const std::string note = std::string("not pre-aggregated: ") + obstacle;
      auto behind = exchange<element, columns_with_hash>(
          std::move(windowed.keyed.stage), hash_partitioner<selector>{windowed.keyed.selector},
          {.how = partitioning::hash, .key = windowed.keyed.key_name, .pre_aggregation = note});
      return finish<element>(std::move(behind), std::move(windowed.keyed.selector), std::move(function));
    }
  }

 private:
  static constexpr weir::detail::columns columns_with_hash{has_time<clock>, true};

  /// Appends the operator that aggregates `Input`s.
  template <class Input, class Stage, class Selector, class Bound>
  auto finish(Stage&& behind, Selector select, Bound bound) {
    behind.draft.set_parallelism(windowed.keyed.next_parallelism);
    using written = written_sessions<typename written_type<typename Function::accumulator_type>::type>;
    const std::string windows = windowed.assigner.describe() + ", " + detail;
    session_aggregate_operator<Input, key, Selector, assigner, Bound> operation(
        std::move(select), std::move(windowed.assigner.assigner), std::move(bound));
    auto opened = make_stream<Input, no_key, clock, typename Stream::guarantee>(std::forward<Stage>(behind));
    auto longer = append<result_type>(std::move(opened), std::move(operation),
                                      {.kind = "aggregate",
                                       .detail = windows,
                                       .uid = uid,
                                       .where = where,
                                       .stateful = true,
                                       .table = make_table_schema(describe<key>(), describe<written>())})
                      .take_stage();
    longer.draft.set_columns(columns);
    if (!name.empty()) longer.draft.name_last(name);
    return longer;
  }
};

}  // namespace weir::detail
