#pragma once
// map: one record in, one record out.
#include <source_location>
#include <utility>

#include "weir/dsl/callable.hpp"
#include "weir/dsl/operator.hpp"
#include "weir/dsl/pure.hpp"

namespace weir {
namespace detail {

template <class Function>
struct map_operator {
  static constexpr bool stateless = true;
  static constexpr bool pure = is_pure<Function>;
  [[no_unique_address]] Function function;

  template <class Record, class Out>
  [[gnu::always_inline]] void process(Record&& record, const Out& out) const {
    out(call(function, std::forward<Record>(record)));
  }
};

template <class Element, class... Facts>
struct map_rejected {
  static_assert(never<Element, Facts...>,
                "weir: map(f): f cannot be called with the stream's element type; let f take it by value, const& or &&");
};
template <class Element, class... Facts>
struct map_changes_itself {
  static_assert(never<Element, Facts...>,
                "weir: map(f): f changes itself, and what it keeps would be lost in a restart; make f const, or keep the "
                "value in state with process(...)");
};
template <class Element, class... Facts>
struct map_returns_nothing {
  static_assert(never<Element, Facts...>,
                "weir: map(f): f returns nothing; return the new record, or use update(f) to change the record in place");
};
template <class Function>
struct map_description : operator_tag {
  Function function;
  std::source_location where;
  map_description(Function f, std::source_location w) : function(std::move(f)), where(w) {}

  template <class Element>
  static constexpr bool returns_a_value = [] {
    if constexpr (callable_with<Function, Element>) {
      return !std::is_void_v<std::invoke_result_t<const Function&, Element&&>>;
    } else {
      return false;
    }
  }();
  template <class Stream>
  static constexpr bool accepts = returns_a_value<typename Stream::element_type> && std::is_copy_constructible_v<Function>;

  template <class Stream>
  static void explain() {
    using element = typename Stream::element_type;
    if constexpr (!std::is_copy_constructible_v<Function>) {
      static_cast<void>(function_not_copyable<Function>{});
    } else if constexpr (mutates_itself<Function, element>) {
      static_cast<void>(map_changes_itself<element, Function>{});
    } else if constexpr (callable_with<Function, element>) {
      static_cast<void>(map_returns_nothing<element, Function>{});
    } else {
      static_cast<void>(map_rejected<element, Function>{});
    }
  }

  template <class Stream>
  auto apply(Stream&& source) && {
    using output = result_of<Function, typename std::remove_cvref_t<Stream>::element_type>;
    return append<output>(std::forward<Stream>(source), map_operator<Function>{std::move(function)},
                          {.kind = "map", .where = where});
  }
};

}  // namespace detail

/// Turns each record into the result of `function(record)`.
/// Emits     one element per element, in input order, with its event time.
/// State     none.   Thread: one subtask calls it; `function` is copied per subtask and must be callable as const.
/// Requires  a callable for Element (by value, const& or &&) that returns a value. Element to Element by value moves the
///           record twice, and copies it only where others read it, too; update(f) changes it in place.
template <class Function>
auto map(Function function, std::source_location where = std::source_location::current()) {
  return detail::map_description<Function>(std::move(function), where);
}

}  // namespace weir
