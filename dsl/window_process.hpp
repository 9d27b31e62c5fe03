#pragma once
// process<"uid">(f) behind a window: f sees the whole window each time it fires, or, with incremental(...), the value
// of an aggregate that was kept meanwhile:
//   struct busiest {
//     using output_type = report;
//     void process(const window_elements<click>& clicks, window_context<user_id>& context, collector<report>& out);
//   };
//   … | key_by(&click::user) | window(session(30s)) | process<"busiest">(busiest{})
#include <optional>
#include <source_location>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include "weir/core/owned.hpp"
#include "weir/core/type_name.hpp"
#include "weir/dsl/bounded_keys.hpp"
#include "weir/dsl/operator.hpp"
#include "weir/dsl/pane_body.hpp"
#include "weir/dsl/pane_stage.hpp"
#include "weir/dsl/process_function.hpp"
#include "weir/dsl/window_context.hpp"
#include "weir/state/operator_state.hpp"
#include "weir/windows/aggregate_function.hpp"
#include "weir/windows/combine.hpp"
#include "weir/windows/window_element.hpp"

namespace weir {

/// An aggregate whose value a window function gets in place of the window's elements.
template <class Aggregate>
struct incremental_aggregate {
  Aggregate aggregate;
};

/// `process<"uid">(f, incremental(avg(&trade::price)))`: f gets `const double&`; several aggregates make a std::tuple.
template <class Aggregate>
incremental_aggregate<Aggregate> incremental(Aggregate aggregate) {
  return {std::move(aggregate)};
}
template <class First, class Second, class... More>
auto incremental(First first, Second second, More... more) {
  return incremental(combine(std::move(first), std::move(second), std::move(more)...));
}

namespace detail {

template <class Function>
struct window_function_is_final {
  static_assert(
      never<Function>,
      "weir: process<\"uid\">(f) behind window(...): the class of f is final, but the operator derives from it; "
      "leave out final");
};
template <class Input, class Key, class... Facts>
struct window_process_rejected {
  static_assert(
      never<Input, Key, Facts...>,
      "weir: process<\"uid\">(f) behind window(...): f.process(elements, context, out) cannot be called; let it take "
      "const window_elements<Element>& (with incremental(...), the aggregate's value), window_context<Key>& and "
      "collector<output_type>&, or const auto& and auto&");
};
template <class Element, class... Facts>
struct incremental_rejected {
  static_assert(
      never<Element, Facts...>,
      "weir: process<\"uid\">(f, incremental(...)): the aggregate does not fit the stream's element type, or windows "
      "merge and it cannot, or there is an evictor, which needs all elements");
};
template <class Element, class... Facts>
struct window_elements_not_storable {
  static_assert(
      never<Element, Facts...>,
      "weir: process<\"uid\">(f) behind window(...): the elements of windows are written into snapshots, but their "
      "type has no binary form; map them to a BOOST_HANA_DEFINE_STRUCT record before, or use incremental(...)");
};
template <class Function>
struct window_function_with_operator_state {
  static_assert(
      never<Function>,
      "weir: process<\"uid\">(f) behind window(...): f lists an operator_list_state, which belongs to the subtask and not to "
      "a window; keep it in a process<\"uid\">(f) of its own behind the window, or in states of the key");
};
template <class Function>
struct window_state_while_merging {
  static_assert(
      never<Function>,
      "weir: process<\"uid\">(f): session windows merge, and two window_states cannot become one; keep it in the "
      "states of f, which belong to the key");
};

/// What `Aggregate` gives to the function of a window of `Element`s.
template <class Element, class Aggregate>
struct window_input {
  using type = typename bound_aggregate_t<Aggregate, Element>::result_type;
};
template <class Element>
struct window_input<Element, elements_themselves> {
  using type = window_elements<Element>;
};

template <class Function, class Aggregate>
struct window_process {
  template <class Stream>
  using sink =
      calls_function<typename Stream::key_type, typename window_input<typename Stream::element_type, Aggregate>::type,
                     Function, typename side_outputs_of<Function>::type>;

  /// Whether the function fits; if not, and `Explain`, a static assertion says what is wrong first.
  template <class Stream, bool Explain>
  static constexpr bool check() {
    using element = typename Stream::element_type;
    using windowing = windowing_of<Stream>;
    constexpr bool merges = merges_windows<typename windowing::assigner_type>;
    constexpr bool lists = std::is_same_v<Aggregate, elements_themselves>;
    if constexpr (!std::is_copy_constructible_v<Function>) {
      if constexpr (Explain) static_cast<void>(function_not_copyable<Function>{});
      return false;
    } else if constexpr (!std::is_class_v<Function>) {
      if constexpr (Explain) static_cast<void>(process_of_no_class<Function>{});
      return false;
    } else if constexpr (std::is_final_v<Function>) {
      if constexpr (Explain) static_cast<void>(window_function_is_final<Function>{});
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
    } else if constexpr (has_operator_states<Function>) {
      if constexpr (Explain) static_cast<void>(window_function_with_operator_state<Function>{});
      return false;
    } else if constexpr (!all_are_storable<Function, state_fields<Function>>) {
      return false;
    } else if constexpr (merges && requires { typename Function::window_state; }) {
      if constexpr (Explain) static_cast<void>(window_state_while_merging<Function>{});
      return false;
    } else {
      if constexpr (lists) {
        if constexpr (!has_binary_form<owned_t<element>>) {
          if constexpr (Explain) static_cast<void>(window_elements_not_storable<element>{});
          return false;
        }
      } else if constexpr (!fits<element, merges, windowing>()) {
        if constexpr (Explain) static_cast<void>(incremental_rejected<element, Aggregate>{});
        return false;
      }
      if constexpr (!sink<Stream>::callable) {
        using input = typename window_input<element, Aggregate>::type;
        if constexpr (Explain) static_cast<void>(window_process_rejected<input, typename Stream::key_type, Function>{});
        return false;
      } else {
        return true;
      }
    }
  }

  template <class Stream>
  static auto append_to(Stream&& source, Function function, const Aggregate& aggregate, const std::string& uid,
                        const std::source_location& where, const std::optional<bounded_keys>& bound) {
    using stream_type = std::remove_cvref_t<Stream>;
    using element = typename stream_type::element_type;
    using key = typename stream_type::key_type;
    using windowing = windowing_of<stream_type>;
    using sink_type = sink<stream_type>;
    auto windowed = std::move(source).take_stage();
    auto body = [&] {
      if constexpr (std::is_same_v<Aggregate, elements_themselves>) {
        using evictor = typename windowing::evictor_type;
        return listing_body<element, key, evictor, elements_themselves, sink_type>(
            as_windowing(windowed.assigner).evictor, {}, sink_type(std::move(function)));
      } else {
        using bound = bound_aggregate_t<Aggregate, element>;
        return accumulating_body<element, key, bound, sink_type>(bind_aggregate<element>(aggregate),
                                                                 sink_type(std::move(function)));
      }
    }();
    std::string detail(type_name<Function>());
    if (bound) detail.append(", ").append(bound_text(*bound));
    return append_panes(stream_type(std::move(windowed)), std::move(body),
                        {"process", detail, uid, where, bound.has_value()});
  }

 private:
  template <class Element, bool Merges, class Windowing>
  static constexpr bool fits() {
    if constexpr (evicts_elements<Windowing>) {
      return false;
    } else if constexpr (aggregate_for<Aggregate, Element>) {
      using bound = bound_aggregate_t<Aggregate, Element>;
      return has_binary_form<typename bound::accumulator_type> && (!Merges || mergeable_aggregate<bound>);
    } else {
      return false;
    }
  }
};

template <class Stream>
struct incremental_without_window {
  static_assert(never<Stream>, "weir: process<\"uid\">(f, incremental(...)) needs a window; put window(...) before it");
};

/// process<"uid">(f, incremental(a)).
template <class Function, class Aggregate>
struct incremental_process_description : operator_tag {
  static constexpr bool takes_windows = true;
  static constexpr bool leaves_stage = true;
  Function function;
  Aggregate aggregate;
  std::string uid;
  std::source_location where;
  incremental_process_description(Function f, Aggregate a, std::string u, std::source_location w)
      : function(std::move(f)), aggregate(std::move(a)), uid(std::move(u)), where(w) {}

  template <class Stream>
  static constexpr bool check() {
    if constexpr (windowed_stream<Stream>) {
      return window_process<Function, Aggregate>::template check<Stream, false>();
    } else {
      return false;
    }
  }
  template <class Stream>
  static constexpr bool accepts = check<Stream>();
  template <class Stream>
  static void explain() {
    if constexpr (windowed_stream<Stream>) {
      window_process<Function, Aggregate>::template check<Stream, true>();
    } else {
      static_cast<void>(incremental_without_window<Stream>{});
    }
  }
  template <class Stream>
  auto apply(Stream&& source) && {
    return window_process<Function, Aggregate>::append_to(std::move(source), std::move(function), aggregate, uid, where,
                                                          std::nullopt);
  }
};

}  // namespace detail
}  // namespace weir
