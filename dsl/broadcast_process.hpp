#pragma once
// broadcast_process: a function over a stream that also needs all records of another one, such as rules, in every
// subtask:
//   struct rule_check {
//     BOOST_HANA_DEFINE_STRUCT(rule_check, (broadcast_map_state<std::string, rule>, rules), (value_state<double>,
//     spent)); using output_type = alert; void process_element(const payment& p, process_context<account_id>& context,
//     collector<alert>& out); void process_broadcast_element(const rule& r, broadcast_context<account_id>& context,
//     collector<alert>& out) {
//       context.write(rules).put(r.name, r);
//     }
//     void on_timer(timestamp at, process_context<account_id>& context, collector<alert>& out);
//   };
//   … connect(payments | key_by(&payment::account), rules | broadcast()) | broadcast_process<"alerts">(rule_check{})
// Flink: KeyedBroadcastProcessFunction and BroadcastProcessFunction.
#include <optional>
#include <source_location>
#include <string>
#include <type_traits>
#include <utility>

// Before the others, as in process.hpp.
#include "weir/state/state_kind.hpp"

#include "weir/core/either.hpp"
#include "weir/core/fixed_string.hpp"
#include "weir/core/type_name.hpp"
#include "weir/dsl/broadcast_context.hpp"
#include "weir/dsl/broadcast_process_operator.hpp"
#include "weir/dsl/connect.hpp"
#include "weir/dsl/operator.hpp"
#include "weir/dsl/process.hpp"
#include "weir/state/broadcast_map_state.hpp"

namespace weir {
namespace detail {

struct has_process_element {
  int process_element;
};
struct has_process_broadcast_element {
  int process_broadcast_element;
};
template <class Function>
inline constexpr bool names_both_elements = !requires {
  &name_probe<Function, has_process_element>::process_element;
} && !requires { &name_probe<Function, has_process_broadcast_element>::process_broadcast_element; };

template <class Stream>
struct broadcast_process_without_broadcast {
  static_assert(
      never<Stream>,
      "weir: broadcast_process<\"uid\">(f) takes a stream and one that is broadcast; put connect(stream, other | "
      "broadcast()) directly before it");
};
template <class Function>
struct broadcast_process_of_no_class {
  static_assert(
      never<Function>,
      "weir: broadcast_process<\"uid\">(f): f must be an object of a class, not final, with the members "
      "process_element(const Element&, context, out) and process_broadcast_element(const Other&, context, out)");
};
template <class Element, class Key, class Function>
struct process_element_rejected {
  static_assert(
      never<Element, Key, Function>,
      "weir: broadcast_process<\"uid\">(f): f.process_element(element, context, out) cannot be called; let it take "
      "const Element&, process_context<Key>& and collector<output_type>&, or auto& for the last two");
};
template <class Element, class Key, class Function>
struct process_broadcast_element_rejected {
  static_assert(
      never<Element, Key, Function>,
      "weir: broadcast_process<\"uid\">(f): f.process_broadcast_element(record, context, out) cannot be called; let "
      "it take const Other&, broadcast_context<Key>& and collector<output_type>&, or auto& for the last two");
};
template <class... Facts>
struct broadcast_process_without_uid {
  static_assert(never<Facts...>,
                "weir: broadcast_process(f) has state, which needs a name; write broadcast_process<\"uid\">(f)");
};

template <class Function, bool WithTtl>
struct broadcast_process_description : operator_tag {
  static constexpr bool leaves_stage = true;
  static constexpr bool takes_broadcast_connections = true;
  Function function;
  std::string uid;
  std::optional<ttl> expiry;
  std::optional<bounded_keys> bound;
  std::source_location where;
  broadcast_process_description(Function f, std::string u, std::optional<ttl> e, std::optional<bounded_keys> b,
                                std::source_location w)
      : function(std::move(f)), uid(std::move(u)), expiry(e), bound(b), where(w) {}

  template <class Stream>
  static constexpr bool keyed = !std::is_same_v<typename Stream::key_type, no_key>;

  /// Whether the function fits; if not, and `Explain`, a static assertion says what is wrong first.
  template <class Stream, bool Explain>
  static constexpr bool check() {
    using key = typename Stream::key_type;
    if constexpr (!broadcast_connected_stream<Stream>) {
      if constexpr (Explain) static_cast<void>(broadcast_process_without_broadcast<Stream>{});
      return false;
    } else if constexpr (!std::is_copy_constructible_v<Function>) {
      if constexpr (Explain) static_cast<void>(function_not_copyable<Function>{});
      return false;
    } else if constexpr (!std::is_class_v<Function> || std::is_final_v<Function>) {
      if constexpr (Explain) static_cast<void>(broadcast_process_of_no_class<Function>{});
      return false;
    } else if constexpr (!names_both_elements<Function>) {
      if constexpr (Explain) static_cast<void>(broadcast_process_of_no_class<Function>{});
      return false;
    } else if constexpr (!names_its_output<Function>) {
      if constexpr (Explain) static_cast<void>(process_without_output_type<Function>{});
      return false;
    } else if constexpr (!all_are_states<Function, state_fields<Function>>) {
      if constexpr (Explain) static_cast<void>(process_member_is_no_state<Function>{});
      return false;
    } else if constexpr (!all_are_storable<Function, state_fields<Function>> ||
                         !all_are_storable<Function, operator_state_fields<Function>>) {
      return false;
    } else if constexpr (!keyed<Stream> && has_states<Function>) {
      if constexpr (Explain) static_cast<void>(process_state_without_key<Stream, Function>{});
      return false;
    } else if constexpr (!keyed<Stream> && names_on_timer<Function>) {
      if constexpr (Explain) static_cast<void>(process_timer_without_key<Stream, Function>{});
      return false;
    } else if constexpr (WithTtl && !has_states<Function>) {
      if constexpr (Explain) static_cast<void>(process_ttl_without_state<Stream, Function>{});
      return false;
    } else {
      using element = typename Stream::element_type::left_type;
      using other = typename Stream::element_type::right_type;
      using adapted = broadcast_function<Function, element, other>;
      if constexpr (!processes_element<adapted, typename Stream::element_type, key>) {
        if constexpr (Explain) static_cast<void>(process_element_rejected<element, key, Function>{});
        return false;
      } else if constexpr (!takes_broadcast<adapted, other, key>) {
        if constexpr (Explain) static_cast<void>(process_broadcast_element_rejected<other, key, Function>{});
        return false;
      } else if constexpr (names_on_timer<Function> && !fires_any_timer<Function, key>) {
        if constexpr (Explain) static_cast<void>(process_on_timer_rejected<key, Function>{});
        return false;
      } else {
        return true;
      }
    }
  }
  template <class Stream>
  static constexpr bool accepts = check<Stream, false>();
  template <class Stream>
  static void explain() {
    check<Stream, true>();
  }

  template <class Stream>
  auto apply(Stream&& source) && {
    using stream_type = std::remove_cvref_t<Stream>;
    using both = typename stream_type::element_type;
    using element = typename both::left_type;
    using other = typename both::right_type;
    using key = typename stream_type::key_type;
    using clock = typename stream_type::clock;
    using guarantee = typename stream_type::guarantee;
    using output = typename Function::output_type;
    using adapted = broadcast_function<Function, element, other>;
    static constexpr columns crossing{has_time<clock>, keyed<stream_type>};

    const std::string detail = process_detail(type_name<Function>(), expiry, bound);
    operator_note note{.kind = "broadcast_process", .detail = detail, .uid = uid, .where = where};
    auto connected = std::move(source).take_stage();
    const auto begin_behind = [&](auto stage, auto partitioner, const edge_note& edge) {
      auto behind = exchange<both, crossing>(std::move(stage), std::move(partitioner), edge);
      behind.draft.add_inputs_of(exchange<both, crossing>(std::move(connected.broadcast), broadcast_partitioner{},
                                                          {.how = partitioning::broadcast})
                                     .draft);
      behind.draft.clear_columns();
      behind.draft.set_parallelism(connected.next_parallelism);
      return make_stream<both, no_key, clock, guarantee>(std::move(behind));
    };
    if constexpr (keyed<stream_type>) {
      using selector = stream_side_selector<decltype(connected.stage.selector)>;
      keyed_broadcast_operator<element, other, key, has_time<clock>, decltype(connected.stage.selector), Function,
                               WithTtl>
          operation(selector{connected.stage.selector}, adapted(std::move(function)), expiry);
      note.stateful = true;
      note.grows = has_states<Function> && !expiry && !bound;
      note.table = make_table_schema(describe<key>(), operation.rows());
      auto behind =
          begin_behind(std::move(connected.stage.stage), hash_partitioner<selector>{{connected.stage.selector}},
                       {.how = partitioning::hash, .key = connected.stage.key_name});
      return append<output>(std::move(behind), std::move(operation), note);
    } else {
      if constexpr (has_operator_states<Function>)
        note.table = make_table_schema(describe_row<Function, false, false>());
      auto behind = begin_behind(std::move(connected.stage), rebalance_partitioner{}, {.how = partitioning::rebalance});
      return append<output>(std::move(behind),
                            plain_broadcast_operator<element, other, Function>(adapted(std::move(function))), note);
    }
  }
};

template <fixed_string Uid, class Function, bool WithTtl>
auto describe_broadcast_process(Function function, std::optional<ttl> expiry, std::optional<bounded_keys> bound,
                                std::source_location where) {
  static_assert(Uid.view().size() > 0,
                "weir: broadcast_process<\"\">(...) has state, which needs a name; write broadcast_process<\"uid\">");
  return broadcast_process_description<Function, WithTtl>(std::move(function), std::string(Uid.with_former()), expiry,
                                                          bound, where);
}

}  // namespace detail

/// Calls `function.process_element(element, context, out)` for each element of the stream and
/// `function.process_broadcast_element(record, context, out)`, in every subtask, for each record of the one that is
/// broadcast. Emits     what the function gives to `out`, with the event time of the element, record or timer. What
///           process_broadcast_element emits comes from every subtask.
/// Time      the watermark is the least of both streams'. Nothing is said about the order between the streams; between
///           broadcast records of several producers it differs from subtask to subtask.
/// State     broadcast_map_state members, which process_element reads and process_broadcast_element changes: each
/// subtask
///           has a copy on the heap and puts it into snapshots. With key_by on the stream also states per key and
///           timers, for process_element and on_timer, and for context.apply_to_keyed_state(f).
/// Thread    as process.
/// Requires  connect(stream, other | broadcast()) directly before it; both with event time, or both without.
template <fixed_string Uid, class Function>
auto broadcast_process(Function function, std::source_location where = std::source_location::current()) {
  return detail::describe_broadcast_process<Uid, Function, false>(std::move(function), std::nullopt, std::nullopt,
                                                                  where);
}
/// The same with a declared bound of its keyed state.
template <fixed_string Uid, class Function>
auto broadcast_process(Function function, bounded_keys bound,
                       std::source_location where = std::source_location::current()) {
  return detail::describe_broadcast_process<Uid, Function, false>(std::move(function), std::nullopt, bound, where);
}
/// The same with keyed state that expires.
template <fixed_string Uid, class Function>
auto broadcast_process(Function function, const ttl& expiry,
                       std::source_location where = std::source_location::current()) {
  return detail::describe_broadcast_process<Uid, Function, true>(std::move(function), expiry, std::nullopt, where);
}

template <class Function, class... More>
detail::broken_pipeline broadcast_process(const Function&, const More&...) {
  static_cast<void>(detail::broadcast_process_without_uid<Function>{});
  return {};
}

}  // namespace weir
