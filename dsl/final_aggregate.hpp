#pragma once
// The operator under aggregate<"uid">(...) without a window, on a bounded stream: one result per key, or one of all
// records, when the input ends. Senders aggregate first as for windows (pre_aggregating_writer.hpp).
#include <algorithm>
#include <cstdint>
#include <optional>
#include <source_location>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "weir/core/owned.hpp"
#include "weir/dsl/keyed_rows.hpp"
#include "weir/dsl/pane_stage.hpp"
#include "weir/dsl/pre_aggregating_writer.hpp"
#include "weir/dsl/stored_rows.hpp"
#include "weir/dsl/window_context.hpp"
#include "weir/state/table_memory.hpp"
#include "weir/windows/aggregate_function.hpp"
#include "weir/windows/final_result.hpp"
#include "weir/windows/global.hpp"

namespace weir::detail {

template <class Key, class Value>
struct final_output {
  using type = final_result<owned_t<Key>, Value>;
  template <class StoredKey>
  static type make(const StoredKey& key, Value value) {
    return {owned_t<Key>(key), std::move(value)};
  }
};
template <class Value>
struct final_output<whole_stream, Value> {
  using type = final_all_result<Value>;
  static type make(whole_stream, Value value) { return {std::move(value)}; }
};

/// Keeps an accumulator per key and emits their results before the final watermark, in steps.
template <class Element, class Key, class Selector, class Function>
class final_aggregate_operator {
  using accumulator_type = typename Function::accumulator_type;
  using table_type = keyed_table<Key, accumulator_type>;
  using output_type = final_output<Key, typename Function::result_type>;

 public:
  /// Whether its accumulators can be part of a snapshot.
  static constexpr bool can_be_copied = has_binary_form<accumulator_type>;

  [[gnu::noinline]] final_aggregate_operator(Selector selector, Function function)
      : selector_(std::move(selector)), function_(std::move(function)) {}
  // Copied and moved as a description only, before it is opened.
  [[gnu::noinline]] final_aggregate_operator(const final_aggregate_operator& other)
      : final_aggregate_operator(other.selector_, other.function_) {}
  [[gnu::noinline]] final_aggregate_operator(final_aggregate_operator&& other) noexcept
      : final_aggregate_operator(std::move(other.selector_), std::move(other.function_)) {}
  [[gnu::noinline]] ~final_aggregate_operator() {}
  final_aggregate_operator& operator=(const final_aggregate_operator&) = delete;
  final_aggregate_operator& operator=(final_aggregate_operator&&) = delete;

  void open(operator_context& context) {
    metrics_ = &context.metrics;
    groups_ = groups_of_subtask(static_cast<std::uint32_t>(context.subtask.subtask),
                                static_cast<std::uint32_t>(context.subtask.parallelism));
    table_.emplace(groups_);
    if constexpr (can_be_copied) rows_.open(context, *table_, nullptr);
  }

  bool worth_prefetching() const noexcept { return table_->worth_prefetching(); }
  [[gnu::always_inline]] void prefetch(std::uint64_t hash) const noexcept { table_->prefetch(hash); }
  [[gnu::always_inline]] void prefetch_entry(std::uint64_t hash) const noexcept { table_->prefetch_entry(hash); }

  /// With accumulators in a store, fetches those of the batch; `selector_` then sees each record once more.
  template <class Batch>
  [[gnu::always_inline]] void before_batch(Batch& input, std::size_t from, std::size_t to)
    requires(can_be_copied)
  {
    if (rows_) [[unlikely]] rows_.fetch(selector_, input, from, to, maker());
  }

  template <class Record, class Out>
  [[gnu::always_inline]] void process(Record&& record, const Out& out) {
    if constexpr (is_partial<Element>) merged_ += record.records - 1;
    function_.add(accumulator_of(selector_(std::as_const(record)), out.meta().hash), std::as_const(record));
  }
  std::uint64_t emitted(std::uint64_t, const auto&) const noexcept { return 0; }
  void absorb(const auto&, std::uint64_t) {
    if constexpr (is_partial<Element>) metrics_->records_in.add(std::exchange(merged_, 0));
  }

  template <class Out>
  advance_result on_watermark(timestamp watermark, const Out& out) {
    advance_result result;
    if (watermark != max_timestamp) return result;
    const auto emit = [&](const auto& key, const accumulator_type& accumulator) {
      out(output_type::make(key, function_.result(accumulator)));
      ++result.emitted;
    };
    if constexpr (can_be_copied) {
      if (rows_) {
        for (; next_group_ < groups_.size(); ++next_group_) {
          if (out.full() || result.emitted >= results_per_step_max) return yield(result);
          rows_.take_group(groups_.first + next_group_, maker(), emit);
        }
        return result;
      }
    }
    const std::size_t emitted_between_looks = out.emits_between_looks(emitted_between_looks_max);
    while (!ended_) {
      if (out.full() || result.emitted == results_per_step_max) return yield(result);
      const std::size_t most = std::min<std::size_t>(emitted_between_looks, results_per_step_max - result.emitted);
      ended_ = !table_->visit(place_, most, emit);
    }
    if (table_->in_snapshot()) return result;
    if (table_->clear_some(cleared_per_step_max)) return yield(result);
    forget();
    return result;
  }

  void on_stop() {
    if (!rows_) metrics_->open_entries.set(table_->size());
  }

  std::size_t state_bytes(const memory_look& look) {
    memory_.look_at(look, 1, table_->size(), [this](std::size_t) -> const table_type& { return *table_; });
    return table_->memory_bytes() + look.counted + memory_.owned(table_->size(), look.counted);
  }

  void begin_snapshot(const operator_snapshot& out)
    requires(can_be_copied)
  {
    if (rows_) {
      rows_.begin_snapshot(out);
      return;
    }
    if (ended_) forget();
    snapshot_ = out;
    table_->begin_snapshot();
  }
  bool snapshot_slice(const operator_snapshot& out)
    requires(can_be_copied)
  {
    if (rows_) return rows_.snapshot_slice();
    const bool done = copy_slice(*table_, rows_name, out);
    if (done && ended_) forget();
    return done;
  }
  void abandon_snapshot()
    requires(can_be_copied)
  {
    table_->abandon_snapshot();
    if (ended_) forget();
  }
  void restore(const operator_restore& from)
    requires(can_be_copied)
  {
    rows_.restore(from, maker(), [](const auto&...) {});
  }

 private:
  static constexpr std::size_t emitted_between_looks_max = 64;

  auto maker() const {
    return [this] { return function_.create(); };
  }

  static advance_result yield(advance_result result) noexcept {
    result.done = false;
    return result;
  }

  template <class KeyView>
  [[gnu::always_inline]] accumulator_type& accumulator_of(const KeyView& key, std::uint64_t hash) {
    if constexpr (can_be_copied) {
      if (table_->in_snapshot()) [[unlikely]] {
        return table_->find_or_create_in_snapshot(key, hash, maker(), before_change(rows_name, snapshot_));
      }
    }
    return table_->find_or_create(key, hash, maker());
  }

  /// What has been emitted is no state any more.
  void forget() {
    table_.reset();
    table_.emplace(groups_);
    place_ = {};
    ended_ = false;
  }

  [[no_unique_address]] Selector selector_;
  [[no_unique_address]] Function function_;
  key_group_range groups_{};
  std::optional<table_type> table_;
  std::conditional_t<can_be_copied, stored_rows<Key, accumulator_type>, int> rows_{};
  typename table_type::cursor place_;  // of what is emitted next, on the heap
  std::uint32_t next_group_ = 0;       // and in a store
  bool ended_ = false;                 // all is emitted, and still to be copied or cleared
  operator_metrics* metrics_ = nullptr;
  table_memory<table_type> memory_;
  operator_snapshot snapshot_;  // the last one begun
  std::uint64_t merged_ = 0;    // records that came in others' place, since the batch began
};

/// The stage behind the exchange of a keyed stage whose records are aggregated until they end. The results have no event
/// time.
template <class Stream, class Key, class Keyed, class Aggregate>
auto append_final_aggregate(Keyed keyed, const Aggregate& aggregate, const std::string& uid,
                            const std::source_location& where) {
  using element = typename Stream::element_type;
  using function = bound_aggregate_t<Aggregate, element>;
  using selector = decltype(keyed.selector);
  using output = typename final_output<Key, typename function::result_type>::type;
  const std::string key_name = keyed.key_name;
  const std::optional<std::size_t> parallelism = keyed.next_parallelism;
  const std::vector<std::string> names = aggregate_column_names(aggregate);

  const auto finish = [&]<class Input>(auto behind, auto operation, std::type_identity<Input>) {
    behind.draft.set_parallelism(parallelism);
    std::string detail = "at end of input";
    for (const std::string& name : names) detail.append(", ").append(name);
    auto opened = make_stream<Input, no_key, no_clock, typename Stream::guarantee>(std::move(behind));
    auto longer = append<output>(std::move(opened), std::move(operation),
                                 {.kind = "aggregate",
                                  .detail = detail,
                                  .uid = uid,
                                  .where = where,
                                  .stateful = true,
                                  .table = schema_of_table<Key, typename function::accumulator_type>()})
                      .take_stage();
    std::vector<std::string> columns = key_columns<Key>(key_name);
    columns.insert(columns.end(), names.begin(), names.end());
    longer.draft.set_columns(std::move(columns));
    return make_stream<output, no_key, no_clock, typename Stream::guarantee>(std::move(longer));
  };

  constexpr const char* obstacle =
      is_connected<decltype(keyed.stage)> ? "two streams are connected" : why_not_pre_aggregated<function>();
  if constexpr (obstacle == nullptr) {
    using writer = pre_aggregating_writer<Key, false, selector, global_windows, function>;
    using partial = typename writer::partial_type;
    using merging = merging_function<function>;
    auto closed = close_stage(
        std::move(keyed.stage),
        writer(keyed.selector, global_windows(true), bind_aggregate<element>(aggregate)), 1);
    auto behind = open_behind<partial, writer::column_set>(
        *make_edge_of<partial, writer::column_set>(std::move(closed), {.how = partitioning::hash,
                                                                       .key = key_name,
                                                                       .element_type = type_name<element>(),
                                                                       .pre_aggregation = "pre-aggregated"}));
    return finish(std::move(behind),
                  final_aggregate_operator<partial, travelling_key_t<Key>, partial_key, merging>(
                      partial_key{}, merging{bind_aggregate<element>(aggregate)}),
                  std::type_identity<partial>{});
  } else {
    const std::string note = std::string("not pre-aggregated: ") + obstacle;
    auto behind = exchange<element, columns{false, true}>(
        std::move(keyed.stage), hash_partitioner<selector>{keyed.selector},
        {.how = partitioning::hash, .key = key_name, .pre_aggregation = note});
    return finish(std::move(behind),
                  final_aggregate_operator<element, Key, selector, function>(keyed.selector,
                                                                             bind_aggregate<element>(aggregate)),
                  std::type_identity<element>{});
  }
}

}  // namespace weir::detail
