#pragma once
// aggregate: one result per key and window; on a bounded stream also one per key, or one of all records, at its end.
#include <algorithm>
#include <cstdint>
#include <optional>
#include <source_location>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "weir/core/fixed_string.hpp"
#include "weir/core/owned.hpp"
#include "weir/dsl/final_aggregate.hpp"
#include "weir/dsl/keyed_rows.hpp"
#include "weir/dsl/operator.hpp"
#include "weir/dsl/pane_stage.hpp"
#include "weir/dsl/pre_aggregating_writer.hpp"
#include "weir/state/table_memory.hpp"
#include "weir/dsl/session_aggregate.hpp"
#include "weir/dsl/sliding_aggregate.hpp"
#include "weir/windows/aggregate_function.hpp"
#include "weir/windows/aggregates.hpp"
#include "weir/windows/combine.hpp"
#include "weir/windows/fold.hpp"
#include "weir/windows/reduce.hpp"
#include "weir/windows/window_result.hpp"
#include "weir/windows/window_store.hpp"

namespace weir {
namespace detail {

/// Keeps an accumulator per key and open window; fires a window when the watermark reaches its last instant.
/// Records whose window has fired are late: they go to the side output "late" where it is split off, and are counted.
template <class Element, class Key, bool Timed, class Selector, class Assigner, class Function>
class window_aggregate_operator {
  using store_type = window_store<Assigner, Key, typename Function::accumulator_type>;
  using table_type = typename store_type::table_type;

 public:
  using result_type = window_result<owned_t<Key>, typename Function::result_type>;
  /// Whether its accumulators can be part of a snapshot.
  static constexpr bool can_be_copied = has_binary_form<typename Function::accumulator_type>;

  /// The side output "late" carries the records as they came.
  template <fixed_string Tag>
  using side_output = std::conditional_t<Tag.view() == "late" && !is_partial<Element>, Element, void>;

  window_aggregate_operator(Selector selector, Assigner assigner, Function function)
      : selector_(std::move(selector)), function_(std::move(function)), assigner_(std::move(assigner)) {}

  // Copied and moved as a description only, before it is opened.
  [[gnu::noinline]] window_aggregate_operator(const window_aggregate_operator& other)
      : window_aggregate_operator(other.selector_, other.assigner_, other.function_) {}
  [[gnu::noinline]] window_aggregate_operator(window_aggregate_operator&& other) noexcept
      : window_aggregate_operator(std::move(other.selector_), std::move(other.assigner_), std::move(other.function_)) {}
  [[gnu::noinline]] ~window_aggregate_operator() = default;
  window_aggregate_operator& operator=(const window_aggregate_operator&) = delete;
  window_aggregate_operator& operator=(window_aggregate_operator&&) = delete;

  void open(operator_context& context) {
    metrics_ = &context.metrics;
    const auto groups = groups_of_subtask(static_cast<std::uint32_t>(context.subtask.subtask),
                                          static_cast<std::uint32_t>(context.subtask.parallelism));
    store_.emplace(assigner_, groups);
  }

  bool worth_prefetching() const noexcept { return store_->worth_prefetching(); }
  [[gnu::always_inline]] void prefetch(std::uint64_t hash) const noexcept { store_->prefetch(hash); }
  [[gnu::always_inline]] void prefetch_entry(std::uint64_t hash) const noexcept { store_->prefetch_entry(hash); }

  template <class Record, class Out>
  [[gnu::always_inline]] void process(Record&& record, const Out& out) {
    if constexpr (is_partial<Element>) merged_ += record.records - 1;
    timestamp time{};
    if constexpr (Timed) time = out.meta().time;
    auto* const accumulator = [&]() __attribute__((always_inline)) {
      const auto make = [this] { return function_.create(); };
      if constexpr (can_be_copied) {
        return store_->at(time, watermark_, selector_(record), out.meta().hash, make,
                          [this](const time_window& window, std::uint32_t group, const auto& key, const auto& held) {
                            before_change(name_of(window), snapshot_)(group, key, held);
                          });
      } else {
        return store_->at(time, watermark_, selector_(record), out.meta().hash, make);
      }
    }();
    if (accumulator != nullptr) [[likely]] {
      function_.add(*accumulator, std::as_const(record));
    } else {
      late(std::as_const(record), out);
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
    if (!assigner_.fires()) {
      if (watermark == max_timestamp) on_stop();
      return result;
    }
    const std::size_t fired_between_looks = out.emits_between_looks(fired_between_looks_max);
    result.done = false;
    for (;;) {
      if (store_->clear_some(cleared_per_step_max)) return result;
      if (!firing_) {
        firing_ = store_->take_closed(watermark);
        if (!firing_) break;
        place_ = {};
      }
      for (bool more = true; more;) {
        if (out.full() || result.emitted == results_per_step_max) return result;
        const std::size_t most = std::min<std::size_t>(fired_between_looks, results_per_step_max - result.emitted);
        more = firing_->table->visit(place_, most, [&](const auto& key, const auto& accumulator) {
          fire(key, accumulator, out);
          ++result.emitted;
        });
      }
      put_away(std::move(*firing_));
      firing_.reset();
    }
    result.done = true;
    return result;
  }

  void on_stop() {
    std::uint64_t entries = 0;
    for (const auto& open : store_->open()) entries += open.table->size();
    metrics_->open_entries.set(entries);
  }

  /// The tables of open windows, of those that fire or have fired and are still to be copied, and spare ones.
  std::size_t state_bytes(const memory_look& look) {
    std::size_t bytes = look.counted;
    std::size_t entries = 0;
    const auto add = [&](const table_type& table) {
      bytes += table.memory_bytes();
      entries += table.size();
    };
    store_->each_table(add);
    if (firing_) add(*firing_->table);
    for (const window_copy& each : copied_) {
      if (each.fired) add(*each.fired);
    }
    const auto& open = store_->open();
    memory_.look_at(look, open.size(), entries,
                    [&](std::size_t index) -> const table_type& { return *open[index].table; });
    return bytes + memory_.owned(entries, look.counted);
  }

  // ---- snapshots: a table per open window ---------------------------------------------------------------------------

  void begin_snapshot(const operator_snapshot& out)
    requires(can_be_copied)
  {
    snapshot_ = out;
    for (const auto& open : store_->open()) {
      open.table->begin_snapshot();
      copied_.push_back({open.window, open.table.get(), nullptr});
    }
    store_->forget_last();
  }

  bool snapshot_slice(const operator_snapshot& out)
    requires(can_be_copied)
  {
    if (copied_.empty()) return true;
    window_copy& next = copied_.back();
    if (copy_slice(*next.table, name_of(next.window), out)) {
      if (next.fired) store_->recycle(std::move(next.fired));
      copied_.pop_back();
    }
    return copied_.empty();
  }

  void abandon_snapshot()
    requires(can_be_copied)
  {
    for (window_copy& each : copied_) {
      each.table->abandon_snapshot();
      if (each.fired) store_->recycle(std::move(each.fired));
    }
    copied_.clear();
  }

  void restore(const operator_restore& from)
    requires(can_be_copied)
  {
    watermark_ = from.watermark();
    // Slices have the bounds of windows, too, but hold only a part of what their windows give.
    if (!from.parts(fired_slices_name).empty()) throw_other_windows(from.directory(), assigner_.describe());
    from.each_block_of_rows([&](const snapshot_block& block) {
      std::string_view name = block.name;
      const auto start = decode<timestamp>(name);
      const auto end = decode<timestamp>(name);
      take_rows(block, from, store_->table_of({start, end}), [this] { return function_.create(); },
                [](const auto&...) {});
    });
  }

 private:
  static constexpr std::size_t fired_between_looks_max = 64;

  /// A window whose table is being copied.
  struct window_copy {
    time_window window;
    table_type* table;
    std::unique_ptr<table_type> fired;  ///< the table, once the window has fired meanwhile
  };

  /// What its rows are called in a snapshot.
  static std::string name_of(const time_window& window) {
    std::string name;
    encode(window.start, name);
    encode(window.end, name);
    return name;
  }

  /// A fired window's table is free for another, unless it is still to be copied.
  void put_away(typename store_type::contents fired) {
    for (window_copy& each : copied_) {
      if (each.table != fired.table.get()) continue;
      each.fired = std::move(fired.table);
      return;
    }
    store_->recycle(std::move(fired.table));
  }

  template <class StoredKey, class Accumulator, class Out>
  void fire(const StoredKey& key, const Accumulator& accumulator, const Out& out) {
    result_type result{owned_t<Key>(key), firing_->window.start, firing_->window.end, function_.result(accumulator)};
    if constexpr (Timed) {
      out.at(std::move(result), firing_->window.max_timestamp());
    } else {
      out(std::move(result));
    }
  }

  template <class Record, class Out>
  [[gnu::noinline]] void late(const Record& record, const Out& out) {
    metrics_->late_records.add(records_in(record));
    if constexpr (Out::template has_side<"late">()) out.template side<"late">(record);
  }

  [[no_unique_address]] Selector selector_;
  [[no_unique_address]] Function function_;
  Assigner assigner_;
  std::optional<store_type> store_;
  timestamp watermark_ = min_timestamp;
  std::optional<typename store_type::contents> firing_;
  typename table_type::cursor place_;
  operator_metrics* metrics_ = nullptr;
  std::vector<window_copy> copied_;            // while a snapshot is under way
  operator_snapshot snapshot_;  // the last one begun
  table_memory<table_type> memory_;
  std::uint64_t merged_ = 0;  // records that came in others' place, since the batch began
};

/// The operator for windows of an assigner, and what its senders aggregate by.
template <class Element, class Key, bool Timed, class Selector, class Assigner, class Function>
struct operator_of_windows {
  using type = window_aggregate_operator<Element, Key, Timed, Selector, Assigner, Function>;
  using accumulator_type = typename Function::accumulator_type;
};
template <class Element, class Key, class Selector, class Function>
struct operator_of_windows<Element, Key, true, Selector, sliding_windows, Function> {
  using type = sliding_aggregate_operator<Element, Key, Selector, Function>;
  using accumulator_type = typename type::accumulator_type;
};
template <class Assigner>
const Assigner& windows_of_sender(const Assigner& assigner) {
  return assigner;
}
inline slice_windows windows_of_sender(const sliding_windows& assigner) { return slice_windows(assigner); }

/// "tumbling(10s), count, sum_price": a windowed aggregate in a plan.
std::string window_detail(std::string window, const std::vector<std::string>& aggregates);
/// The columns of a window result.
std::vector<std::string> window_columns(std::vector<std::string> key, const std::vector<std::string>& aggregates,
                                        bool with_pane);

template <class Stream>
struct aggregate_without_key {
  static_assert(never<Stream>,
                "weir: aggregate<\"uid\">(...) needs a key and a window; put key_by(...) | window(...) before it");
};
template <class Stream>
struct aggregate_without_window {
  static_assert(never<Stream>,
                "weir: aggregate<\"uid\">(...) needs a window; put window(...) before it, or use rolling<\"uid\">(...) for "
                "a result per record");
};
template <class Element, class... Aggregates>
struct aggregate_rejected {
  static_assert(never<Element, Aggregates...>,
                "weir: aggregate<\"uid\">(...): an aggregate does not fit the stream's element type; sum and avg need a "
                "number, min and max something ordered, and members must be members of the element");
};

template <class Element, class Aggregate>
struct aggregate_cannot_merge {
  static_assert(never<Element, Aggregate>,
                "weir: aggregate<\"uid\">(...): session windows merge, and an aggregate has no merge; use fold(initial, add, "
                "merge), or give your aggregate void merge(accumulator&, const accumulator& later) const");
};
template <class Element, class Aggregate>
struct aggregate_not_storable {
  static_assert(never<Element, Aggregate>,
                "weir: aggregate<\"uid\">(...): what these windows hold is written into snapshots, but it has no binary "
                "form; use numbers, strings, timestamps, optionals, vectors, pairs, tuples or BOOST_HANA_DEFINE_STRUCT "
                "records of these");
};

template <class... Aggregates>
struct too_many_aggregates {
  static_assert(never<Aggregates...>,
                "weir: aggregate<\"uid\">(...) takes five aggregates at most; write aggregate<\"uid\">(combine(...)) for more");
};

/// A windowed aggregate before it is known what follows.
template <class Stream, class Aggregate>
struct aggregated_stage {
  using element = typename Stream::element_type;
  using key = typename Stream::key_type;
  using clock = typename Stream::clock;
  using windowed_type = typename Stream::stage_type;
  using selector = decltype(std::declval<windowed_type&>().keyed.selector);
  using assigner = decltype(std::declval<windowed_type&>().assigner);
  using function = bound_aggregate_t<Aggregate, element>;
  using result_type = window_result<owned_t<key>, typename function::result_type>;

  template <fixed_string Tag>
  using side_output = std::conditional_t<Tag.view() == "late", element, void>;

  windowed_type windowed;
  Aggregate aggregate;
  std::string uid;
  std::source_location where;
  std::string name;

  template <bool KeepsLate>
  auto settle() && {
    constexpr const char* obstacle = KeepsLate ? "late records are split off"
                                     : is_connected<decltype(windowed.keyed.stage)>
                                         ? "two streams are connected"
                                         : why_not_pre_aggregated<function>();
    if constexpr (obstacle == nullptr) {
      using sent_windows = std::remove_cvref_t<decltype(windows_of_sender(windowed.assigner))>;
      using writer = pre_aggregating_writer<key, has_time<clock>, selector, sent_windows, function>;
      using partial = typename writer::partial_type;
      auto closed = close_stage(std::move(windowed.keyed.stage),
                                writer(windowed.keyed.selector, windows_of_sender(windowed.assigner),
                                       bind_aggregate<element>(aggregate)),
                                1);
      auto behind = open_behind<partial, writer::column_set>(
          *make_edge_of<partial, writer::column_set>(std::move(closed), {.how = partitioning::hash,
                                                                         .key = windowed.keyed.key_name,
                                                                         .element_type = type_name<element>(),
                                                                         .pre_aggregation = "pre-aggregated"}));
      return finish<partial>(std::move(behind), partial_key{},
                             merging_function<function>{bind_aggregate<element>(aggregate)});
    } else {
      const std::string note = std::string("not pre-aggregated: ") + obstacle;
      auto behind = exchange<element, columns{has_time<clock>, true}>(
          std::move(windowed.keyed.stage), hash_partitioner<selector>{windowed.keyed.selector},
          {.how = partitioning::hash, .key = windowed.keyed.key_name, .pre_aggregation = note});
      return finish<element>(std::move(behind), windowed.keyed.selector, bind_aggregate<element>(aggregate));
    }
  }

 private:
  /// Appends the operator that aggregates `Input`s.
  template <class Input, class Stage, class Selector, class Function>
  auto finish(Stage&& behind, Selector select, Function bound) {
    behind.draft.set_parallelism(windowed.keyed.next_parallelism);
    const std::vector<std::string> names = aggregate_column_names(aggregate);
    const std::string detail = window_detail(windowed.assigner.describe(), names);
    using made = operator_of_windows<Input, key, has_time<clock>, Selector, assigner, Function>;
    typename made::type operation(std::move(select), windowed.assigner, std::move(bound));
    auto opened = make_stream<Input, no_key, clock, typename Stream::guarantee>(std::forward<Stage>(behind));
    auto longer = append<result_type>(std::move(opened), std::move(operation),
                                      {.kind = "aggregate",
                                       .detail = detail,
                                       .uid = uid,
                                       .where = where,
                                       .stateful = true,
                                       .table = schema_of_table<key, typename made::accumulator_type>()})
                      .take_stage();
    longer.draft.set_columns(window_columns(key_columns<key>(windowed.keyed.key_name), names, false));
    if (!name.empty()) longer.draft.name_last(name);
    return longer;
  }
};

/// An aggregate over sessions, or over windows in general: the accumulator of each, or its elements where there is an
/// evictor.
template <class Stream, class Aggregate>
auto append_aggregated_panes(Stream&& source, const Aggregate& aggregate, const std::string& uid,
                             const std::source_location& where) {
  using element = typename Stream::element_type;
  using key = typename Stream::key_type;
  using windowing = windowing_of<Stream>;
  using function = bound_aggregate_t<Aggregate, element>;
  using sink = emits_results<key, typename function::result_type, windowing::may_refire>;
  const std::vector<std::string> names = aggregate_column_names(aggregate);
  std::string detail;
  for (const std::string& name : names) detail.append(detail.empty() ? "" : ", ").append(name);
  const pane_note note{"aggregate", detail, uid, where};
  auto windowed = std::move(source).take_stage();
  std::vector<std::string> columns =
      window_columns(key_columns<key>(windowed.keyed.key_name), names, windowing::may_refire);
  const auto stream_of = [](auto stage) {
    return make_stream<typename sink::output_type, no_key, typename Stream::clock, typename Stream::guarantee>(
        std::move(stage));
  };
  if constexpr (are_plain_sessions<windowing>) {
    return stream_of(aggregated_sessions<Stream, function>{
        std::move(windowed), bind_aggregate<element>(aggregate), std::move(detail), uid, where, std::move(columns)});
  } else {
    auto appended = [&] {
      if constexpr (evicts_elements<windowing>) {
        using body = listing_body<element, key, typename windowing::evictor_type, function, sink>;
        body listed(windowed.assigner.evictor, bind_aggregate<element>(aggregate), sink{});
        return append_panes(Stream(std::move(windowed)), std::move(listed), note);
      } else {
        using body = accumulating_body<element, key, function, sink>;
        return append_panes(Stream(std::move(windowed)), body(bind_aggregate<element>(aggregate), sink{}), note);
      }
    }();
    auto longer = std::move(appended).take_stage();
    longer.draft.set_columns(columns);
    return stream_of(std::move(longer));
  }
}

template <class Aggregate>
struct aggregate_description : operator_tag {
  static constexpr bool takes_windows = true;
  Aggregate aggregate;
  std::string uid;
  std::source_location where;
  aggregate_description(Aggregate a, std::string u, std::source_location w)
      : aggregate(std::move(a)), uid(std::move(u)), where(w) {}

  /// Whether windows that are not plain can hold the aggregate; if not, and `Explain`, a static assertion says why.
  template <class Stream, bool Explain>
  static constexpr bool check_panes() {
    using element = typename Stream::element_type;
    using windowing = windowing_of<Stream>;
    using function = bound_aggregate_t<Aggregate, element>;
    if constexpr (is_windowing<decltype(std::declval<typename Stream::stage_type&>().assigner)>) {
      if constexpr (evicts_elements<windowing>) {
        if constexpr (!has_binary_form<owned_t<element>>) {
          if constexpr (Explain) static_cast<void>(aggregate_not_storable<element, Aggregate>{});
          return false;
        }
      } else if constexpr (merges_windows<typename windowing::assigner_type> && !mergeable_aggregate<function>) {
        if constexpr (Explain) static_cast<void>(aggregate_cannot_merge<element, Aggregate>{});
        return false;
      } else if constexpr (!has_binary_form<typename function::accumulator_type>) {
        if constexpr (Explain) static_cast<void>(aggregate_not_storable<element, Aggregate>{});
        return false;
      }
    }
    return true;
  }
  template <class Stream>
  static constexpr bool check() {
    if constexpr (windowed_stream<Stream>) {
      if constexpr (aggregate_for<Aggregate, typename Stream::element_type>) {
        return check_panes<Stream, false>();
      } else {
        return false;
      }
    } else {
      return is_bounded_stream<Stream> && aggregate_for<Aggregate, typename Stream::element_type>;
    }
  }
  template <class Stream>
  static constexpr bool accepts = check<Stream>();
  template <class Stream>
  static void explain() {
    if constexpr (windowed_stream<Stream>) {
      if constexpr (aggregate_for<Aggregate, typename Stream::element_type>) {
        check_panes<Stream, true>();
      } else {
        static_cast<void>(aggregate_rejected<typename Stream::element_type, Aggregate>{});
      }
    } else if constexpr (is_bounded_stream<Stream>) {
      static_cast<void>(aggregate_rejected<typename Stream::element_type, Aggregate>{});
    } else if constexpr (!std::is_same_v<typename Stream::key_type, no_key>) {
      static_cast<void>(aggregate_without_window<Stream>{});
    } else {
      static_cast<void>(aggregate_without_key<Stream>{});
    }
  }

  template <class Stream>
  auto apply(Stream&& source) && {
    using stream_type = std::remove_cvref_t<Stream>;
    if constexpr (!windowed_stream<stream_type>) {
      return apply_to_all(std::forward<Stream>(source));
    } else if constexpr (is_windowing<decltype(std::declval<typename stream_type::stage_type&>().assigner)>) {
      return append_aggregated_panes(std::move(source), aggregate, uid, where);
    } else {
      using stage = aggregated_stage<Stream, Aggregate>;
      return make_stream<typename stage::result_type, no_key, typename Stream::clock, typename Stream::guarantee>(
          stage{std::move(source).take_stage(), std::move(aggregate), std::move(uid), where, {}});
    }
  }

 private:
  template <class Stream>
  auto apply_to_all(Stream&& source) {
    using stream_type = std::remove_cvref_t<Stream>;
    using key = typename stream_type::key_type;
    if constexpr (!std::is_same_v<key, no_key>) {
      return append_final_aggregate<stream_type, key>(std::move(source).take_stage(), aggregate, uid, where);
    } else {
      auto stage = plain_stage(std::forward<Stream>(source));
      keyed_stage<decltype(stage), whole_stream_selector> whole{std::move(stage), {}, "the whole stream", 1};
      return append_final_aggregate<stream_type, whole_stream>(std::move(whole), aggregate, uid, where);
    }
  }
};

}  // namespace detail

/// Aggregates the records of each key and window: `aggregate<"uid">(count())`, or several at once:
/// `aggregate<"uid">(count(), sum(&trade::price), max(&trade::price))`, whose value is then a std::tuple.
/// Emits     window_result<Key, Value> when the window fires, by itself when the watermark reaches its last instant,
///           which is its event time; windows in ascending order of their ends. Global ones at the end of the input.
///           Where windows may fire more than once, with a trigger or allowed lateness, pane_result<Key, Value>, which
///           tells the firings apart. Behind window_all the same without a key. Without a window, on a stream that
///           ends: final_result<Key, Value> per key, or one final_all_result<Value> where there is none, when it has
///           ended; no records, no result. These have no event time.
/// Time      results go out before the watermark that fires them. Late records are counted, and go to split<"late">().
/// State     one accumulator per key and open window, by `uid`.   Thread: one subtask; aggregates are copied per subtask.
/// Requires  key_by(...) | window(...) before it, or a bounded stream.
template <fixed_string Uid, class Aggregate>
auto aggregate(Aggregate single, std::source_location where = std::source_location::current()) {
  static_assert(Uid.view().size() > 0, "weir: aggregate<\"\">(...) has state, which needs a name; write aggregate<\"uid\">");
  return detail::aggregate_description<Aggregate>(std::move(single), std::string(Uid.with_former()), where);
}
// One overload per number, because a pack cannot stand before the default argument that knows the user's line; for more
// than five at once write aggregate<"uid">(combine(...)).
template <fixed_string Uid, class A, class B>
auto aggregate(A a, B b, std::source_location where = std::source_location::current()) {
  return aggregate<Uid>(combine(std::move(a), std::move(b)), where);
}
template <fixed_string Uid, class A, class B, class C>
auto aggregate(A a, B b, C c, std::source_location where = std::source_location::current()) {
  return aggregate<Uid>(combine(std::move(a), std::move(b), std::move(c)), where);
}
template <fixed_string Uid, class A, class B, class C, class D>
auto aggregate(A a, B b, C c, D d, std::source_location where = std::source_location::current()) {
  return aggregate<Uid>(combine(std::move(a), std::move(b), std::move(c), std::move(d)), where);
}
template <fixed_string Uid, class A, class B, class C, class D, class E>
auto aggregate(A a, B b, C c, D d, E e, std::source_location where = std::source_location::current()) {
  return aggregate<Uid>(combine(std::move(a), std::move(b), std::move(c), std::move(d), std::move(e)), where);
}
template <fixed_string Uid, class A, class B, class C, class D, class E, class F, class... More>
  requires(!std::is_same_v<F, std::source_location>)
detail::broken_pipeline aggregate(A, B, C, D, E, F, More...) {
  static_cast<void>(detail::too_many_aggregates<A, B, C, D, E, F, More...>{});
  return {};
}
template <class... Aggregates>
detail::broken_pipeline aggregate(const Aggregates&...) {
  static_cast<void>(detail::aggregate_without_uid<Aggregates...>{});
  return {};
}

}  // namespace weir
