#pragma once
// What a process function is: how its parameters may be written, and the sentences for what it lacks.
#include <cstddef>
#include <type_traits>
#include <utility>

#include "weir/core/record.hpp"
#include "weir/dsl/collector.hpp"
#include "weir/dsl/operator.hpp"
#include "weir/dsl/process_context.hpp"
#include "weir/runtime/record_meta.hpp"
#include "weir/state/broadcast_map_state.hpp"
#include "weir/state/row_cells.hpp"

namespace weir::detail {

template <class Function>
concept names_its_output = requires { requires std::is_object_v<typename Function::output_type>; };

template <class Function>
struct side_outputs_of {
  using type = side_outputs<>;
};
template <class Function>
  requires requires { typename Function::side_outputs; }
struct side_outputs_of<Function> {
  using type = typename Function::side_outputs;
};

/// The types that belong to a function and the key of its stream.
template <class Function, class Key, class Sides>
struct process_types_with;
template <class Function, class Key, class... Sides>
struct process_types_with<Function, Key, side_outputs<Sides...>> {
  using output = typename Function::output_type;
  using context = process_context<Key>;
  using collector = weir::collector<output, Sides...>;
  using probe = collector_probe<output, Sides...>;
  template <class Out>
  using direct_collector = stage_collector<Out, output, Sides...>;
  template <fixed_string Tag>
  using side_output = typename side_value<Tag, Sides...>::type;
};
template <class Function, class Key>
using process_types = process_types_with<Function, Key, typename side_outputs_of<Function>::type>;

template <class Function, class Element, class Context, class Collector>
concept processes = requires(Function& function, const Element& element, Context& context, Collector& out) {
  function.process(element, context, out);
};
template <class Function, class Time, class Context, class Collector>
concept fires_at =
    requires(Function& function, Time at, Context& context, Collector& out) { function.on_timer(at, context, out); };

/// Whether `out` may be anything that takes an output; otherwise the function names a collector.
template <class Function, class Element, class Key>
inline constexpr bool processes_directly =
    processes<Function, Element, process_context<Key>, typename process_types<Function, Key>::probe>;
template <class Function, class Element, class Key>
inline constexpr bool processes_element =
    processes_directly<Function, Element, Key> ||
    processes<Function, Element, process_context<Key>, typename process_types<Function, Key>::collector>;

template <class Function, class Time, class Key>
inline constexpr bool fires_directly =
    fires_at<Function, Time, process_context<Key>, typename process_types<Function, Key>::probe>;
template <class Function, class Time, class Key>
inline constexpr bool fires_timer =
    fires_directly<Function, Time, Key> ||
    fires_at<Function, Time, process_context<Key>, typename process_types<Function, Key>::collector>;

template <class Function, class Key>
inline constexpr bool fires_any_timer =
    fires_timer<Function, timestamp, Key> || fires_timer<Function, processing_clock::time_point, Key>;

/// Whether there is a member of the name at all, of whatever kind: if so, the name is ambiguous in a class that
/// inherits another one.
struct has_process {
  int process;
};
struct has_on_timer {
  int on_timer;
};
template <class Function, class Rival>
struct name_probe : Function, Rival {};
template <class Function>
inline constexpr bool names_process =
    std::is_final_v<Function> || !requires { &name_probe<Function, has_process>::process; };
template <class Function>
inline constexpr bool names_on_timer = [] {
  if constexpr (std::is_final_v<Function>) {
    return requires { &Function::on_timer; };
  } else {
    return !requires { &name_probe<Function, has_on_timer>::on_timer; };
  }
}();

template <class Function, class Fields>
inline constexpr bool all_are_states = false;
template <class Function, class... Fields>
inline constexpr bool all_are_states<Function, field_list<Fields...>> =
    (is_state<state_of_field<Function, Fields>> && ...);

template <class... Types>
constexpr bool are_storable(state_types<Types...>) {
  return ((has_binary_form<Types> && !has_borrowed<Types>) && ...);
}

/// Whether all states can be part of a snapshot. Where one cannot, its own type has said why.
template <class Function, class Fields>
inline constexpr bool all_are_storable = false;
template <class Function, class... Fields>
inline constexpr bool all_are_storable<Function, field_list<Fields...>> =
    (are_storable(typename state_access::parts<state_of_field<Function, Fields>>::schema_types{}) && ...);

template <class Function>
inline constexpr bool has_states = !std::is_same_v<state_fields<Function>, field_list<>>;

template <class Function, class Fields>
inline constexpr bool any_is_broadcast_state = false;
template <class Function, class... Fields>
inline constexpr bool any_is_broadcast_state<Function, field_list<Fields...>> =
    (is_broadcast_state<state_of_field<Function, Fields>> || ...);
template <class Function>
inline constexpr bool has_broadcast_states = any_is_broadcast_state<Function, operator_state_fields<Function>>;

/// The event time beside an element; min_timestamp where there is none.
template <class Meta>
[[gnu::always_inline]] inline timestamp event_time_of(const Meta& meta) noexcept {
  if constexpr (columns_of<Meta>.time) {
    return meta.time;
  } else {
    return min_timestamp;
  }
}

/// Calls `call(collector)` with the collector that it wants, and sends what it emits to `out`.
template <bool Direct, class Types, class Out, class Call>
[[gnu::always_inline]] inline emission emit_of(typename Types::collector& buffer, const Out& out, Call&& call) {
  typename Types::template direct_collector<Out> direct(out);
  if constexpr (Direct) {
    call(direct);
  } else {
    call(buffer);
    buffer.drain(direct);
  }
  return direct.emitted();
}

// ---- misuse ---------------------------------------------------------------------------------------------------------

template <class... Facts>
struct process_without_uid {
  static_assert(never<Facts...>, "weir: process(f) has state, which needs a name; write process<\"uid\">(f)");
};
template <class Function>
struct process_of_no_class {
  static_assert(
      never<Function>,
      "weir: process<\"uid\">(f): f must be an object of a class with a member process(element, context, out); a "
      "lambda has none: use map(f) or flat_map(f) for it");
};
template <class Function>
struct process_without_output_type {
  static_assert(never<Function>,
                "weir: process<\"uid\">(f): f does not say what it emits; add using output_type = ...; to its class");
};
template <class Function>
struct process_without_process {
  static_assert(never<Function>,
                "weir: process<\"uid\">(f): f has no member process; add void process(const Element& element, auto& "
                "context, auto& out)");
};
template <class Element, class Key, class... Facts>
struct process_rejected {
  static_assert(
      never<Element, Key, Facts...>,
      "weir: process<\"uid\">(f): f.process(element, context, out) cannot be called; let it take const Element&, "
      "process_context<Key>& and collector<output_type>&, or auto& for the last two");
};
template <class Function>
struct process_member_is_no_state {
  static_assert(never<Function>,
                "weir: process<\"uid\">(f): a member that BOOST_HANA_DEFINE_STRUCT lists is no state; make it a "
                "value_state, list_state, map_state, reducing_state, aggregating_state or operator_list_state, or take it "
                "out of the list");
};
template <class Function>
struct process_of_broadcast_state {
  static_assert(never<Function>,
                "weir: process<\"uid\">(f): f has a broadcast_map_state, which nothing would fill; write connect(stream, "
                "other | broadcast()) | broadcast_process<\"uid\">(f)");
};
template <class Stream, class Function>
struct process_state_without_key {
  static_assert(never<Stream, Function>,
                "weir: process<\"uid\">(f): f has state, which is kept by key; put key_by(...) before it, or keep an "
                "operator_list_state, which belongs to the subtask");
};
template <class Stream, class Function>
struct process_timer_without_key {
  static_assert(never<Stream, Function>,
                "weir: process<\"uid\">(f): f has on_timer, and timers are kept by key; put key_by(...) before it");
};
template <class Stream, class Function>
struct process_ttl_without_state {
  static_assert(
      never<Stream, Function>,
      "weir: process<\"uid\">(f, ttl(...)): there is no state to expire; leave out ttl(...), or give f keyed state and "
      "put key_by(...) before it");
};
template <class Key, class... Facts>
struct process_on_timer_rejected {
  static_assert(
      never<Key, Facts...>,
      "weir: process<\"uid\">(f): f.on_timer(at, context, out) cannot be called; let it take a weir::timestamp (or "
      "a processing_clock::time_point), process_context<Key>& and collector<output_type>&, or auto& for the last "
      "two");
};

}  // namespace weir::detail
