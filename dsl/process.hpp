#pragma once
// process: the general operator, out of which others can be made. A function with state per key, timers and side
// outputs:
//   struct fraud_detector {
//     BOOST_HANA_DEFINE_STRUCT(fraud_detector, (value_state<bool>, small_seen), (value_state<timestamp>, alarm));
//     using output_type = alert;
//     void process(const transaction& t, process_context<account_id>& context, collector<alert>& out);
//     void on_timer(timestamp at, process_context<account_id>& context, collector<alert>& out);
//   };
//   … | key_by(&transaction::account) | process<"fraud">(fraud_detector{})
#include <optional>
#include <source_location>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

// Before the others, so that what it says about the type of a state does not name a row of files that include it.
#include "weir/state/state_kind.hpp"

#include "weir/core/fixed_string.hpp"
#include "weir/core/type_name.hpp"
#include "weir/dsl/bounded_keys.hpp"
#include "weir/dsl/collector.hpp"
#include "weir/dsl/open_context.hpp"
#include "weir/dsl/operator.hpp"
#include "weir/dsl/plain_process_operator.hpp"
#include "weir/dsl/process_context.hpp"
#include "weir/dsl/process_function.hpp"
#include "weir/dsl/process_operator.hpp"
#include "weir/dsl/window_process.hpp"
#include "weir/state/aggregating_state.hpp"
#include "weir/state/list_state.hpp"
#include "weir/state/map_state.hpp"
#include "weir/state/operator_list_state.hpp"
#include "weir/state/reducing_state.hpp"
#include "weir/state/ttl.hpp"
#include "weir/state/value_state.hpp"

namespace weir {
namespace detail {

/// "fraud_detector, ttl 1h": a process function in a plan.
std::string process_detail(std::string_view function_name, const std::optional<ttl>& expiry,
                           const std::optional<bounded_keys>& bound);

/// What a plan says of a process function; operators that are made of one say it of themselves.
struct process_naming {
  std::string kind = "process";
  std::string detail{};  ///< empty: the name of the function's type
  bool bounded = false;  ///< its state cannot grow for ever
};

template <class Function, bool WithTtl>
struct process_description : operator_tag {
  // Its watermarks do not reach the operators of a branch.
  static constexpr bool leaves_stage = true;
  static constexpr bool takes_windows = !WithTtl;
  Function function;
  std::string uid;
  std::optional<ttl> expiry;
  std::optional<bounded_keys> bound;
  std::source_location where;
  process_naming naming{};
  process_description(Function f, std::string u, std::optional<ttl> e, std::optional<bounded_keys> b,
                      std::source_location w)
      : function(std::move(f)), uid(std::move(u)), expiry(e), bound(b), where(w) {}

  template <class Stream>
  static constexpr bool keyed = !std::is_same_v<typename Stream::key_type, no_key>;

  /// Whether the function fits; if not, and `Explain`, a static assertion says what is wrong first.
  template <class Stream, bool Explain>
  static constexpr bool check() {
    using element = typename Stream::element_type;
    using key = typename Stream::key_type;
    if constexpr (windowed_stream<Stream>) {
      return window_process<Function, elements_themselves>::template check<Stream, Explain>();
    } else if constexpr (!std::is_copy_constructible_v<Function>) {
      if constexpr (Explain) static_cast<void>(function_not_copyable<Function>{});
      return false;
    } else if constexpr (!std::is_class_v<Function>) {
      if constexpr (Explain) static_cast<void>(process_of_no_class<Function>{});
      return false;
    } else if constexpr (!names_process<Function>) {
      if constexpr (Explain && requires { &Function::operator(); }) {
        static_cast<void>(process_of_no_class<Function>{});
      } else if constexpr (Explain) {
        static_cast<void>(process_without_process<Function>{});
      }
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
    } else if constexpr (has_broadcast_states<Function>) {
      if constexpr (Explain) static_cast<void>(process_of_broadcast_state<Function>{});
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
    } else if constexpr (!processes_element<Function, element, key>) {
      if constexpr (Explain) static_cast<void>(process_rejected<element, key, Function>{});
      return false;
    } else if constexpr (names_on_timer<Function> && !fires_any_timer<Function, key>) {
      if constexpr (Explain) static_cast<void>(process_on_timer_rejected<key, Function>{});
      return false;
    } else {
      return true;
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
    using element = typename stream_type::element_type;
    using key = typename stream_type::key_type;
    using clock = typename stream_type::clock;
    using output = typename Function::output_type;
    const std::string_view described = naming.detail.empty() ? type_name<Function>() : naming.detail;
    const std::string detail = process_detail(described, expiry, bound);
    operator_note note{.kind = naming.kind, .detail = detail, .uid = uid, .where = where};
    if constexpr (windowed_stream<stream_type>) {
      return window_process<Function, elements_themselves>::append_to(std::move(source), std::move(function), {}, uid,
                                                                      where, bound);
    } else if constexpr (keyed<stream_type>) {
      auto keyed_source = std::move(source).take_stage();
      process_operator<element, key, has_time<clock>, decltype(keyed_source.selector), Function, WithTtl> operation(
          keyed_source.selector, std::move(function), expiry);
      note.stateful = true;
      note.grows = has_states<Function> && !expiry && !bound && !naming.bounded;
      note.table = make_table_schema(describe<key>(), operation.rows());
      auto behind = hash_exchange<element, clock, true>(std::move(keyed_source));
      return append<output>(make_stream<element, no_key, clock, typename stream_type::guarantee>(std::move(behind)),
                            std::move(operation), note);
    } else {
      if constexpr (has_operator_states<Function>) note.table = make_table_schema(describe_row<Function, false, false>());
      return append<output>(std::forward<Stream>(source),
                            plain_process_operator<element, Function>(std::move(function)), note);
    }
  }
};

}  // namespace detail

/// Calls `function.process(element, context, out)` for each element and, for timers that it registers,
/// `function.on_timer(at, context, out)`. Both are members that may take `auto&` for the last two parameters.
/// Behind window(...) it calls `function.process(elements, context, out)` each time a window of a key fires
/// (window_process.hpp); what it emits then has the time of the window's end.
/// Emits     what the function gives to `out`, with the event time of the element or of the timer; what a
/// processing-time
///           timer emits has none. Side outputs go to split<"tag">().
/// Time      the watermark is set, then timers fire in ascending order, then it goes on. Timers registered meanwhile at
/// or
///           below it fire, too.
/// State     behind key_by: members of the function that BOOST_HANA_DEFINE_STRUCT lists, one row per key, by `uid`.
/// Other
///           members are configuration. A row in which nothing is left is dropped. With and without key_by:
///           operator_list_state, a list per subtask.
/// Thread    one subtask calls it; the function is copied per subtask, before any record; `open()` or
///           `open(const open_context&)`, if it has one, is called on each copy, when operator state is restored.
/// Requires  a member type output_type, and const Element& as the element. Without key_by: neither keyed state nor timers.
template <fixed_string Uid, class Function>
auto process(Function function, std::source_location where = std::source_location::current()) {
  static_assert(Uid.view().size() > 0,
                "weir: process<\"\">(...) has state, which needs a name; write process<\"uid\">");
  return detail::process_description<Function, false>(std::move(function), std::string(Uid.with_former()), std::nullopt,
                                                      std::nullopt, where);
}

/// The same with a declared bound of its state: `process<"uid">(function, bounded_keys(50'000))`.
template <fixed_string Uid, class Function>
auto process(Function function, bounded_keys bound, std::source_location where = std::source_location::current()) {
  static_assert(Uid.view().size() > 0,
                "weir: process<\"\">(...) has state, which needs a name; write process<\"uid\">");
  return detail::process_description<Function, false>(std::move(function), std::string(Uid.with_former()), std::nullopt,
                                                      bound, where);
}

/// Behind window(...): `function.process(value, context, out)` with the value of an aggregate each time a window fires.
template <fixed_string Uid, class Function, class Aggregate>
auto process(Function function, incremental_aggregate<Aggregate> aggregate,
             std::source_location where = std::source_location::current()) {
  static_assert(Uid.view().size() > 0,
                "weir: process<\"\">(...) has state, which needs a name; write process<\"uid\">");
  return detail::incremental_process_description<Function, Aggregate>(
      std::move(function), std::move(aggregate.aggregate), std::string(Uid.with_former()), where);
}

/// The same with state that expires: `process<"uid">(function, ttl(1h))`.
template <fixed_string Uid, class Function>
auto process(Function function, const ttl& expiry, std::source_location where = std::source_location::current()) {
  static_assert(Uid.view().size() > 0,
                "weir: process<\"\">(...) has state, which needs a name; write process<\"uid\">");
  return detail::process_description<Function, true>(std::move(function), std::string(Uid.with_former()), expiry, std::nullopt,
                                                     where);
}

template <class Function, class... More>
detail::broken_pipeline process(const Function&, const More&...) {
  static_cast<void>(detail::process_without_uid<Function>{});
  return {};
}

}  // namespace weir
