#pragma once
// What a window holds and what comes out of it: the part of pane_function.hpp that depends on whether an aggregate is
// kept up to date (accumulating_body), or all elements are kept (listing_body), and on whether results are made by weir
// (emits_results) or by a function of the user (calls_function).
#include <iterator>
#include <optional>
#include <tuple>
#include <type_traits>
#include <utility>

#include "weir/core/owned.hpp"
#include "weir/dsl/collector.hpp"
#include "weir/dsl/process_function.hpp"
#include "weir/dsl/window_context.hpp"
#include "weir/windows/aggregate_function.hpp"
#include "weir/windows/pane.hpp"
#include "weir/windows/window_element.hpp"
#include "weir/windows/window_result.hpp"
#include "weir/windows/windowing.hpp"

namespace weir::detail {

/// One firing of one window.
struct firing {
  time_window window;
  pane_info pane;
};

// ---- what comes out -------------------------------------------------------------------------------------------------

template <class Key, class Value, bool MayRefire>
struct window_output {
  using type = std::conditional_t<MayRefire, pane_result<owned_t<Key>, Value>, window_result<owned_t<Key>, Value>>;
  static type make(const Key& key, const firing& of, Value value) {
    if constexpr (MayRefire) {
      return {owned_t<Key>(key), of.window.start, of.window.end, of.pane.index, of.pane.timing, std::move(value)};
    } else {
      return {owned_t<Key>(key), of.window.start, of.window.end, std::move(value)};
    }
  }
};
template <class Value, bool MayRefire>
struct window_output<whole_stream, Value, MayRefire> {
  using type = std::conditional_t<MayRefire, pane_all_result<Value>, window_all_result<Value>>;
  static type make(whole_stream, const firing& of, Value value) {
    if constexpr (MayRefire) {
      return {of.window.start, of.window.end, of.pane.index, of.pane.timing, std::move(value)};
    } else {
      return {of.window.start, of.window.end, std::move(value)};
    }
  }
};

/// A result as weir makes it, out of the value of an aggregate.
template <class Key, class Value, bool MayRefire>
class emits_results {
  using output = window_output<Key, Value, MayRefire>;

 public:
  using output_type = typename output::type;
  using own_sides = side_outputs<>;
  using function_states = field_list<>;
  using window_state_type = std::tuple<>;

  template <class Out>
  void send(Value value, const process_context<Key>& context, const firing& of, window_state_type&, Out& out) {
    out.at(output::make(context.key(), of, std::move(value)), of.window.max_timestamp());
  }
};

template <class Function>
struct window_state_of {
  using type = std::tuple<>;
};
template <class Function>
  requires requires { typename Function::window_state; }
struct window_state_of<Function> {
  using type = typename Function::window_state;
};

/// What `Function` makes of an `Input`: the elements of a window, or the value of an aggregate. A base, so that the
/// states of the function are members of the whole.
template <class Key, class Input, class Function, class Sides>
class calls_function;
template <class Key, class Input, class Function, class... Sides>
class calls_function<Key, Input, Function, side_outputs<Sides...>> : public Function {
 public:
  using output_type = typename Function::output_type;
  using own_sides = side_outputs<Sides...>;
  using function_states = state_fields<Function>;
  using window_state_type = typename window_state_of<Function>::type;
  using context_type = window_context<Key, window_state_type>;

  /// Whether the function can be called with `auto& out`, and whether at all.
  static constexpr bool directly = processes<Function, Input, context_type, collector_probe<output_type, Sides...>>;
  static constexpr bool callable =
      directly || processes<Function, Input, context_type, collector<output_type, Sides...>>;

  explicit calls_function(Function function) : Function(std::move(function)) {}
  calls_function(const calls_function& other) : Function(other) {}
  calls_function& operator=(const calls_function&) = delete;

  template <class Out>
  void send(const Input& input, const process_context<Key>& around, const firing& of, window_state_type& state,
            Out& out) {
    context_type context(around, of.window, of.pane, state);
    window_collector<Out, output_type, Sides...> collector(out, of.window.max_timestamp());
    if constexpr (directly) {
      Function::process(input, context, collector);
    } else {
      Function::process(input, context, buffer_);
      buffer_.drain(collector);
    }
  }

 private:
  collector<output_type, Sides...> buffer_;
};

// ---- what a window holds --------------------------------------------------------------------------------------------

/// The accumulator of an aggregate.
template <class Element, class Key, class Function, class Sink>
class accumulating_body : public Sink {
 public:
  using contents_type = std::optional<typename Function::accumulator_type>;
  static constexpr bool can_merge = mergeable_aggregate<Function>;

  accumulating_body(Function function, Sink sink) : Sink(std::move(sink)), function_(std::move(function)) {}

  void add(contents_type& held, const Element& element, timestamp) const {
    if (!held) held.emplace(function_.create());
    function_.add(*held, element);
  }
  void merge(contents_type& held, contents_type& later) const {
    if (!later) return;
    if (held) {
      function_.merge(*held, *later);
    } else {
      held = std::move(later);
    }
  }
  static bool holds_nothing(const contents_type& held) noexcept { return !held; }

  template <class Out>
  void emit(contents_type& held, const process_context<Key>& context, const firing& of,
            typename Sink::window_state_type& state, Out& out) {
    Sink::send(function_.result(*held), context, of, state, out);
  }

 private:
  [[no_unique_address]] Function function_;
};

/// Stands for the function that takes a window's elements as they are.
struct elements_themselves {};

/// All elements, in the order of their arrival. `Function` aggregates them each time the window fires.
template <class Element, class Key, class Evictor, class Function, class Sink>
class listing_body : public Sink {
 public:
  using contents_type = window_buffer<Element>;
  static constexpr bool can_merge = true;

  listing_body(Evictor evictor, Function function, Sink sink)
      : Sink(std::move(sink)), evictor_(std::move(evictor)), function_(std::move(function)) {}

  void add(contents_type& held, const Element& element, timestamp time) const {
    held.push_back({time, owned_t<Element>(element)});
  }
  void merge(contents_type& held, contents_type& later) const {
    held.insert(held.end(), std::make_move_iterator(later.begin()), std::make_move_iterator(later.end()));
  }
  static bool holds_nothing(const contents_type& held) noexcept { return held.empty(); }

  template <class Out>
  void emit(contents_type& held, const process_context<Key>& context, const firing& of,
            typename Sink::window_state_type& state, Out& out) {
    if constexpr (requires { evictor_.evict_before(held, of.window); }) evictor_.evict_before(held, of.window);
    if constexpr (std::is_same_v<Function, elements_themselves>) {
      Sink::send(window_elements<Element>(held), context, of, state, out);
    } else if (!held.empty()) {
      auto accumulator = function_.create();
      for (const Element& each : window_elements<Element>(held)) function_.add(accumulator, each);
      Sink::send(function_.result(accumulator), context, of, state, out);
    }
    if constexpr (requires { evictor_.evict_after(held, of.window); }) evictor_.evict_after(held, of.window);
  }

 private:
  [[no_unique_address]] Evictor evictor_;
  [[no_unique_address]] Function function_;
};

}  // namespace weir::detail
