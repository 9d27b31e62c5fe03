#pragma once
// The operators of a stage, fused into one loop. A chain holds its operators in one tuple; a record runs through them
// by inlined calls, each operator emitting into the next.
//
// The batch loop works on locals: an operator that is trivially copyable, at most 64 bytes and without state of its
// own is copied to the stack for the batch (reached through `this` the compiler must assume that any store changes
// it, which costs 2 to 4 times); all others are used in place, by reference. Callables are never moved after start.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <type_traits>
#include <utility>

#include "weir/core/fixed_string.hpp"
#include "weir/runtime/batch_local.hpp"
#include "weir/runtime/lookahead.hpp"
#include "weir/runtime/operator.hpp"
#include "weir/runtime/operator_pack.hpp"
#include "weir/runtime/subtask_restore.hpp"
#include "weir/runtime/subtask_snapshot.hpp"
#include "weir/state/counted_memory.hpp"

namespace weir::detail {

/// Which of the members that it may leave out an operator has (operator.hpp). Chains ask before they make any code: most
/// operators have none of them.
struct any_out;
template <class Operator>
inline constexpr bool operator_opens = requires(Operator& operation, operator_context& context) { operation.open(context); };
template <class Operator>
inline constexpr bool operator_sees_watermarks =
    requires(Operator& operation, const any_out& out) { operation.on_watermark(timestamp{}, out); };
template <class Operator>
inline constexpr bool operator_has_processing_timers =
    requires(Operator& operation) { operation.next_processing_timer(); };
template <class Operator>
inline constexpr bool operator_sees_processing_time = requires(
    Operator& operation, const any_out& out) { operation.on_processing_time(processing_clock::time_point{}, out); };
template <class Operator>
inline constexpr bool operator_begins_snapshots =
    requires(Operator& operation, const operator_snapshot& out) { operation.begin_snapshot(out); };
template <class Operator>
inline constexpr bool operator_has_slices =
    requires(Operator& operation, const operator_snapshot& out) { operation.snapshot_slice(out); };
template <class Operator>
inline constexpr bool operator_abandons_snapshots = requires(Operator& operation) { operation.abandon_snapshot(); };
template <class Operator>
inline constexpr bool operator_finishes_snapshots =
    requires(Operator& operation, const operator_snapshot& out) { operation.finish_snapshot(out); };
template <class Operator>
inline constexpr bool operator_restores =
    requires(Operator& operation, const operator_restore& from) { operation.restore(from); };
template <class Operator>
inline constexpr bool operator_holds_state = requires(Operator& operation) { operation.state_bytes(memory_look{}); };
template <class Operator>
inline constexpr bool operator_sees_stops = requires(Operator& operation) { operation.on_stop(); };

/// What a chain's operators write to: passes a value, with its time and hash, to the operator at `Index`.
template <class Locals, std::size_t Index, class Meta>
class emitter {
 public:
  [[gnu::always_inline]] emitter(Locals& locals, const Meta& meta) : locals_(locals), meta_(meta) {}

  /// Emits with the time of the record being processed.
  template <class Value>
  [[gnu::always_inline]] void operator()(Value&& value) const {
    packed_at<Index>(locals_).process(std::forward<Value>(value),
                                       emitter<Locals, Index + 1, Meta>{locals_, meta_});
  }

  /// Emits with an event time of its own.
  template <class Value>
  [[gnu::always_inline]] void at(Value&& value, timestamp time) const {
    using meta = record_meta<columns{true, false}>;
    packed_at<Index>(locals_).process(std::forward<Value>(value),
                                       emitter<Locals, Index + 1, meta>{locals_, meta{time}});
  }

  /// Emits with other metadata.
  template <class Value, class OtherMeta>
  [[gnu::always_inline]] void with_meta(Value&& value, const OtherMeta& meta) const {
    packed_at<Index>(locals_).process(std::forward<Value>(value),
                                       emitter<Locals, Index + 1, OtherMeta>{locals_, meta});
  }

  const Meta& meta() const noexcept { return meta_; }

  /// The same emitter for what happens at another time than the record's.
  template <class OtherMeta>
  [[gnu::always_inline]] emitter<Locals, Index, OtherMeta> with(const OtherMeta& meta) const {
    return {locals_, meta};
  }

  /// Whether the stage's outputs are full, so that an operator that can go on later should return.
  bool full() const {
    if constexpr (requires { terminal().target->spilling(); }) {
      return terminal().target->spilling();
    } else {
      return false;
    }
  }

  /// How many records an operator that can go on later may emit before it looks at full() again: `most`, but no more
  /// than a batch, and only one where an operator behind it makes many records of one.
  std::size_t emits_between_looks(std::size_t most) const {
    if constexpr (expands_from<Index>()) {
      return 1;
    } else if constexpr (requires { terminal().target->records_per_call(); }) {
      return std::min(most, terminal().target->records_per_call());
    } else {
      return most;
    }
  }

  /// Whether the stage has a side output of that name.
  template <fixed_string Tag>
  static constexpr bool has_side() {
    using local = std::remove_cvref_t<decltype(packed_at<last>(std::declval<Locals&>()))>;
    return requires(local terminal) { terminal.target->template side<Tag>(); };
  }

  /// Sends a value to a side output, with the time of the record being processed.
  template <fixed_string Tag, class Value>
  void side(Value&& value) const {
    terminal().target->template side<Tag>().write(std::forward<Value>(value), meta_);
  }

 private:
  static constexpr std::size_t last = Locals::size - 1;
  auto& terminal() const { return packed_at<last>(locals_); }

  template <std::size_t Position>
  static constexpr bool expands_from() {
    if constexpr (Position > last) {
      return false;
    } else if constexpr (operator_expands<std::remove_cvref_t<decltype(packed_at<Position>(std::declval<Locals&>()))>>) {
      return true;
    } else {
      return expands_from<Position + 1>();
    }
  }

  Locals& locals_;
  [[no_unique_address]] Meta meta_;
};

/// The fused operators of one stage; the last one is the terminal.
template <class... Operators>
class chain {
 public:
  static constexpr std::size_t size = sizeof...(Operators);
  /// Whether one input record may become many, so that the loop must look at the output after each record.
  static constexpr bool expands = (operator_expands<Operators> || ...);

  explicit chain(Operators... operators) : operators_{{std::move(operators)}...} {}
  /// Moves every operator once, to where it stays.
  template <class... Sources>
  explicit chain(std::in_place_t, Sources&&... sources) : operators_{{std::forward<Sources>(sources)}...} {}

  /// `first_operator` is the position of the chain's first operator among those of the stage.
  void open(subtask_context& context, std::size_t first_operator) {
    metrics_ = context.metrics;
    first_operator_ = first_operator;
    for_each_of<places_of<operator_opens<Operators>...>>([&](auto& operation, std::size_t index) {
      const std::size_t position = first_operator_ + index;
      operator_context own{context, metrics_->operators[position], (*context.shared)[position], position};
      operation.open(own);
    });
  }

  /// Runs records [from, to) of `input` through the operators; returns where it stopped, which is before `to` only
  /// when the output is full or has smaller batches than the input.
  template <class Batch>
  std::size_t process(Batch& input, std::size_t from, std::size_t to) {
    to = from + std::min(to - from, records_per_call());
    if constexpr (requires { packed_at<0>(operators_).before_batch(input, from, to); }) {
      packed_at<0>(operators_).before_batch(input, from, to);
    }
    auto locals = make_collecting_locals();
    std::size_t position = from;
    bool full = false;
    lookahead ahead(packed_at<0>(operators_), input, from, to);
    while (position < to && !full) {
      const std::size_t run_end = ahead.run_end(position);
      for (; position < run_end && !full; ++position) {
        emitter<decltype(locals), 0, typename Batch::meta_type> out{locals, input.meta(position)};
        out(std::move(input.record(position)));
        if constexpr (expands) full = terminal().spilling();
      }
    }
    drain<typename Batch::meta_type>(locals);
    absorb(locals, position - from);
    return position;
  }

  /// Calls `feed(out)`, which pushes records with metadata `Meta` into the chain through `out` and returns how many; for
  /// sources.
  template <class Meta, class Feed>
  [[gnu::always_inline]] std::size_t process_from(Feed&& feed) {
    auto locals = make_collecting_locals();
    const std::size_t count = feed(emitter<decltype(locals), 0, no_meta>{locals, no_meta{}});
    drain<Meta>(locals);
    absorb(locals, count);
    return count;
  }

  /// Tells the operators, in order, that event time has reached `watermark`. False: outputs are full, call again.
  [[gnu::always_inline]] bool advance(timestamp watermark) {
    bool done = true;
    for_each_of<places_of<operator_sees_watermarks<Operators>...>>(
        [&]<std::size_t Index>(auto& operation, index<Index>) {
          if (!done || Index < advancing_) return;
          // Locals may take what their operator holds: they are made only where `absorb` gives it back.
          auto locals = make_locals();
          const emitter<decltype(locals), Index + 1, no_meta> out{locals, no_meta{}};
          const advance_result result = operation.on_watermark(watermark, out);
          metrics_->operators[first_operator_ + Index].records_out.add(result.emitted);
          absorb<Index + 1>(locals, result.emitted);
          done = result.done;
          if (!done) advancing_ = Index;
        });
    if (done) advancing_ = 0;
    return done;
  }

  /// The earliest processing-time timer of any operator; weir::processing_clock::time_point::max() where there is none.
  processing_clock::time_point next_processing_timer() {
    auto next = processing_clock::time_point::max();
    for_each_of<places_of<operator_has_processing_timers<Operators>...>>(
        [&](auto& operation, std::size_t) { next = std::min(next, operation.next_processing_timer()); });
    return next;
  }

  /// Tells the operators that have processing-time timers that it is `now`. False: outputs are full, call again.
  bool advance_processing_time(processing_clock::time_point now) {
    bool done = true;
    for_each_of<places_of<operator_sees_processing_time<Operators>...>>(
        [&]<std::size_t Index>(auto& operation, index<Index>) {
          if (!done) return;
          auto locals = make_locals();
          const emitter<decltype(locals), Index + 1, no_meta> out{locals, no_meta{}};
          const advance_result result = operation.on_processing_time(now, out);
          metrics_->operators[first_operator_ + Index].records_out.add(result.emitted);
          absorb<Index + 1>(locals, result.emitted);
          done = result.done;
        });
    return done;
  }

  static constexpr bool has_processing_timers = (operator_has_processing_timers<Operators> || ...);

  // ---- snapshots ----------------------------------------------------------------------------------------------------

  /// At a barrier: operators put in their small state, and begin to copy their tables.
  void begin_snapshot(subtask_snapshot& snapshot) {
    for_each_of<places_of<operator_begins_snapshots<Operators>...>>([&](auto& operation, std::size_t index) {
      operation.begin_snapshot(operator_snapshot(snapshot, first_operator_ + index));
    });
  }
  /// Copies about a slice of every table that is not copied yet; true when all is.
  bool snapshot_slice(subtask_snapshot& snapshot) {
    bool done = true;
    for_each_of<places_of<operator_has_slices<Operators>...>>([&](auto& operation, std::size_t index) {
      done = operation.snapshot_slice(operator_snapshot(snapshot, first_operator_ + index)) && done;
    });
    return done;
  }
  /// The snapshot under way is not wanted any more.
  void abandon_snapshot() {
    for_each_of<places_of<operator_abandons_snapshots<Operators>...>>(
        [](auto& operation, std::size_t) { operation.abandon_snapshot(); });
  }
  /// After the last record: what operators still have to say in every later checkpoint.
  void finish_snapshot(subtask_snapshot& snapshot) {
    for_each_of<places_of<operator_finishes_snapshots<Operators>...>>([&](auto& operation, std::size_t index) {
      operation.finish_snapshot(operator_snapshot(snapshot, first_operator_ + index));
    });
  }
  /// Before any record: operators that have state in the snapshot of `from` take it up. Event time goes on at
  /// `watermark`.
  void restore(const subtask_restore& from, timestamp watermark) {
    for_each_of<places_of<operator_restores<Operators>...>>([&](auto& operation, std::size_t index) {
      operation.restore(operator_restore(from, first_operator_ + index, watermark));
    });
  }

  // ---- memory -------------------------------------------------------------------------------------------------------

  /// Whether any operator has state.
  static constexpr bool holds_state = (operator_holds_state<Operators> || ...);

  /// What the states of all operators take. What is counted where it is allocated is that of the first that has any.
  std::size_t state_bytes(memory_look look) {
    std::size_t sum = 0;
    for_each_of<places_of<operator_holds_state<Operators>...>>([&](auto& operation, std::size_t index) {
      const std::size_t bytes = operation.state_bytes(look);
      metrics_->operators[first_operator_ + index].state_bytes.set(bytes);
      look.counted = 0;
      sum += bytes;
    });
    return sum;
  }

  /// Input was stopped before its end: operators account for the state that stays open.
  void stop() {
    for_each_of<places_of<operator_sees_stops<Operators>...>>(
        [](auto& operation, std::size_t) { operation.on_stop(); });
  }

  /// How many records may be taken in one call, so that without an operator that expands nothing needs to spill.
  std::size_t records_per_call() {
    if constexpr (requires { terminal().records_per_call(); }) {
      return terminal().records_per_call();
    } else {
      return std::numeric_limits<std::size_t>::max();
    }
  }

  auto& terminal() { return packed_at<size - 1>(operators_); }

  /// What the batch loop works on; `absorb` takes the counters back after `records` records. Both are inlined, because
  /// locals whose address leaves the function would stay in memory during the loop.
  [[gnu::always_inline]] auto make_locals() {
    return [&]<std::size_t... Index>(std::index_sequence<Index...>) __attribute__((always_inline)) {
      return operator_pack<decltype(batch_local_of(packed_at<Index>(operators_)))...>{{batch_local_of(packed_at<Index>(operators_))}...};
    }(std::index_sequence_for<Operators...>{});
  }

  template <std::size_t First = 0, class Locals>
  [[gnu::always_inline]] void absorb(Locals& locals, std::uint64_t records) {
    for_each_operator([&]<std::size_t Index>(auto& operation, index<Index>) __attribute__((always_inline)) {
      if constexpr (Index < First) return;
      auto& local = packed_at<Index>(locals);
      operator_metrics& metrics = metrics_->operators[first_operator_ + Index];
      metrics.records_in.add(records);
      if constexpr (requires { operation.absorb(local, records); }) operation.absorb(local, records);
      if constexpr (requires { operation.emitted(records, local); }) records = operation.emitted(records, local);
      metrics.records_out.add(records);
    });
  }

 private:
  template <std::size_t Index>
  using index = std::integral_constant<std::size_t, Index>;

  static constexpr bool pure_before(std::size_t index) {
    constexpr bool pure[] = {operator_is_pure<Operators>...};
    return std::find(pure, pure + index, false) == pure + index;
  }

  /// The locals of a loop over a batch, in which a filter may collect records (see dsl/pure.hpp) until it is drained:
  /// nobody can tell where all before it is pure and nothing behind it makes many records of one.
  [[gnu::always_inline]] auto make_collecting_locals() {
    return [&]<std::size_t... Index>(std::index_sequence<Index...>) __attribute__((always_inline)) {
      return operator_pack<decltype(collecting_local_of<Index>())...>{{collecting_local_of<Index>()}...};
    }(std::index_sequence_for<Operators...>{});
  }
  template <std::size_t Index>
  [[gnu::always_inline]] auto collecting_local_of() {
    auto& operation = packed_at<Index>(operators_);
    if constexpr (!expands && pure_before(Index) && requires { operation.collecting_batch_local(); }) {
      return operation.collecting_batch_local();
    } else {
      return batch_local_of(operation);
    }
  }

  /// Sends on what filters have collected, first to last.
  template <class Meta, class Locals>
  [[gnu::always_inline]] void drain(Locals& locals) {
    for_each_operator([&]<std::size_t Index>(auto&, index<Index>) __attribute__((always_inline)) {
      const emitter<Locals, Index + 1, Meta> out{locals, Meta{}};
      if constexpr (requires { packed_at<Index>(locals).drain(out); }) packed_at<Index>(locals).drain(out);
    });
  }

  template <class Function>
  [[gnu::always_inline]] void for_each_operator(Function&& function) {
    [&]<std::size_t... Index>(std::index_sequence<Index...>) __attribute__((always_inline)) {
      (function(packed_at<Index>(operators_), index<Index>{}), ...);
    }(std::index_sequence_for<Operators...>{});
  }

  /// Calls `function(operation, place)` for the operators at `Places`; where that takes an index<Index>, with it.
  template <class Places, class Function>
  void for_each_of(Function&& function) {
    if constexpr (Places::count > 0) {
      [&]<std::size_t... Place>(std::index_sequence<Place...>) {
        (function(packed_at<Places::places[Place]>(operators_), index<Places::places[Place]>{}), ...);
      }(std::make_index_sequence<Places::count>{});
    }
  }

  operator_pack<Operators...> operators_;
  stage_metrics* metrics_ = nullptr;
  std::size_t first_operator_ = 0;
  std::size_t advancing_ = 0;  // the operator whose on_watermark has to be called again
};

}  // namespace weir::detail
