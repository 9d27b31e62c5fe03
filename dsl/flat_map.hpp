#pragma once
// flat_map: one record in, any number of records out.
#include <cstdint>
#include <functional>
#include <iterator>
#include <source_location>
#include <type_traits>
#include <utility>

#include "weir/dsl/callable.hpp"
#include "weir/dsl/operator.hpp"

namespace weir {
namespace detail {

/// Anything a range-for takes: standard and range-v3 ranges alike.
template <class Range>
concept iterable = requires(Range& range) {
  std::ranges::begin(range);
  std::ranges::end(range);
};

/// What its elements are as values: the bool of a std::vector<bool>, the pair of a zip view.
template <class Range>
using element_of = std::iter_value_t<decltype(std::ranges::begin(std::declval<Range&>()))>;

/// A container that a function returned by value: nobody else sees its elements.
template <class Range>
inline constexpr bool owns_elements = !std::is_reference_v<Range> && requires { typename Range::allocator_type; };

template <class Function, class Element>
inline constexpr bool returns_range = [] {
  if constexpr (callable_with<Function, const Element&>) {
    return iterable<std::remove_reference_t<std::invoke_result_t<const Function&, const Element&>>>;
  } else {
    return false;
  }
}();

/// Stands for "emit" while a function is checked.
template <class Output>
struct emit_probe {
  void operator()(Output) const;
};

template <class Function>
struct flat_map_local {
  static constexpr bool expands = true;
  callable_local<Function> function;
  std::uint64_t count = 0;

  template <class Record, class Out>
  [[gnu::always_inline]] void process(Record&& record, const Out& out) {
    using range = decltype(std::invoke(function.get(), std::as_const(record)));
    using element = element_of<std::remove_reference_t<range>>;
    for (auto&& value : std::invoke(function.get(), std::as_const(record))) {
      ++count;
      if constexpr (!std::is_same_v<std::remove_cvref_t<decltype(value)>, element>) {
        out(element(std::forward<decltype(value)>(value)));
      } else if constexpr (owns_elements<range>) {
        out(std::move(value));
      } else {
        out(std::forward<decltype(value)>(value));
      }
    }
  }
};

/// The form whose function returns a range.
template <class Function>
struct flat_map_operator {
  static constexpr bool expands = true;
  [[no_unique_address]] Function function;

  [[gnu::always_inline]] flat_map_local<Function> batch_local() const { return {callable_local<Function>(function), 0}; }
  std::uint64_t emitted(std::uint64_t, const flat_map_local<Function>& local) const { return local.count; }
};

template <class Output, class Function>
struct emitting_flat_map_local {
  static constexpr bool expands = true;
  callable_local<Function> function;
  std::uint64_t count = 0;

  template <class Record, class Out>
  [[gnu::always_inline]] void process(Record&& record, const Out& out) {
    std::invoke(function.get(), std::as_const(record), [&](auto&& value) __attribute__((always_inline)) {
      ++count;
      out(Output(std::forward<decltype(value)>(value)));
    });
  }
};

/// The form whose function is given `emit`.
template <class Output, class Function>
struct emitting_flat_map_operator {
  static constexpr bool expands = true;
  [[no_unique_address]] Function function;

  [[gnu::always_inline]] emitting_flat_map_local<Output, Function> batch_local() const {
    return {callable_local<Function>(function), 0};
  }
  std::uint64_t emitted(std::uint64_t, const emitting_flat_map_local<Output, Function>& local) const {
    return local.count;
  }
};

template <class Element, class... Facts>
struct flat_map_rejected {
  static_assert(never<Element, Facts...>,
                "weir: flat_map(f): f must take the stream's element type by value or const& and return a range; or "
                "write flat_map<Output>(f) for an f(element, emit)");
};

template <class Element, class... Facts>
struct flat_map_changes_itself {
  static_assert(never<Element, Facts...>,
                "weir: flat_map(f): f changes itself, and what it keeps would be lost in a restart; make f const, or keep "
                "the value in state with process(...)");
};
template <class Element, class... Facts>
struct flat_map_returns_no_range {
  static_assert(never<Element, Facts...>,
                "weir: flat_map(f): f must return a range; use map(f) for one record per record, or "
                "flat_map<Output>(f) for an f(element, emit)");
};

template <class Output, class Function>
struct flat_map_description : operator_tag {
  Function function;
  std::source_location where;
  flat_map_description(Function f, std::source_location w) : function(std::move(f)), where(w) {}

  template <class Element>
  static constexpr bool fits = [] {
    if constexpr (std::is_void_v<Output>) {
      return returns_range<Function, Element>;
    } else {
      return std::is_invocable_v<const Function&, const Element&, const emit_probe<Output>&>;
    }
  }();
  template <class Element>
  static constexpr bool changes_itself = [] {
    if constexpr (std::is_void_v<Output>) {
      return std::is_invocable_v<Function&, const Element&>;
    } else {
      return std::is_invocable_v<Function&, const Element&, const emit_probe<Output>&>;
    }
  }();
  template <class Stream>
  static constexpr bool accepts = fits<typename Stream::element_type> && std::is_copy_constructible_v<Function>;
  template <class Stream>
  static void explain() {
    using element = typename Stream::element_type;
    if constexpr (!std::is_copy_constructible_v<Function>) {
      static_cast<void>(function_not_copyable<Function>{});
    } else if constexpr (std::is_void_v<Output> && callable_with<Function, const element&>) {
      static_cast<void>(flat_map_returns_no_range<element, Function>{});
    } else if constexpr (changes_itself<element>) {
      static_cast<void>(flat_map_changes_itself<element, Function>{});
    } else {
      static_cast<void>(flat_map_rejected<element, Function>{});
    }
  }
  template <class Stream>
  auto apply(Stream&& source) && {
    using element = typename std::remove_cvref_t<Stream>::element_type;
    const operator_note note{.kind = "flat_map", .where = where};
    if constexpr (std::is_void_v<Output>) {
      using output = element_of<std::remove_reference_t<std::invoke_result_t<const Function&, const element&>>>;
      return append<output>(std::forward<Stream>(source), flat_map_operator<Function>{std::move(function)},
                            note);
    } else {
      return append<Output>(std::forward<Stream>(source),
                            emitting_flat_map_operator<Output, Function>{std::move(function)}, note);
    }
  }
};

}  // namespace detail

/// Turns each record into the elements of the range that `function(record)` returns; any standard or range-v3 range.
/// Emits     the elements in order, each with the event time of its record.
/// State     none.   Thread: one subtask calls it; `function` is copied per subtask and must be callable as const.
/// Requires  a callable for const Element& that returns a range; the range may refer to the record.
template <class Function>
auto flat_map(Function function, std::source_location where = std::source_location::current()) {
  return detail::flat_map_description<void, Function>(std::move(function), where);
}

/// The same for a `function(record, emit)` that calls `emit(Output)` as often as it likes.
template <class Output, class Function>
auto flat_map(Function function, std::source_location where = std::source_location::current()) {
  return detail::flat_map_description<Output, Function>(std::move(function), where);
}

}  // namespace weir
