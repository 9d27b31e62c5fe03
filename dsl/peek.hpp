#pragma once
// peek: looks at each record as it passes. assert_type: states what flows here.
#include <source_location>
#include <string>
#include <utility>

#include "weir/dsl/callable.hpp"
#include "weir/dsl/operator.hpp"

namespace weir {
namespace detail {

template <class Function>
struct peek_operator {
  static constexpr bool stateless = true;
  [[no_unique_address]] Function function;

  template <class Record, class Out>
  [[gnu::always_inline]] void process(Record&& record, const Out& out) const {
    std::invoke(function, std::as_const(record));
    out(std::forward<Record>(record));
  }
};

template <class Element, class... Facts>
struct peek_rejected {
  static_assert(never<Element, Facts...>,
                "weir: peek(f): f must be callable as const with the stream's element type; let f take it by const&");
};

template <class Element, class... Facts>
struct peek_changes_itself {
  static_assert(never<Element, Facts...>,
                "weir: peek(f): f changes itself, and each subtask has its own copy of it; make f const, and count through "
                "a pointer to an atomic");
};

template <class Function>
struct peek_description : operator_tag {
  Function function;
  std::source_location where;
  peek_description(Function f, std::source_location w) : function(std::move(f)), where(w) {}

  template <class Stream>
  static constexpr bool accepts =
      std::is_invocable_v<const Function&, const typename Stream::element_type&> && std::is_copy_constructible_v<Function>;
  template <class Stream>
  static void explain() {
    using element = typename Stream::element_type;
    if constexpr (!std::is_copy_constructible_v<Function>) {
      static_cast<void>(function_not_copyable<Function>{});
    } else if constexpr (std::is_invocable_v<Function&, const element&>) {
      static_cast<void>(peek_changes_itself<element, Function>{});
    } else {
      static_cast<void>(peek_rejected<element, Function>{});
    }
  }
  template <class Stream>
  auto apply(Stream&& source) && {
    return append<typename std::remove_cvref_t<Stream>::element_type>(
        std::forward<Stream>(source), peek_operator<Function>{std::move(function)}, {.kind = "peek", .where = where});
  }
};

template <class Expected, class Actual>
struct element_type_is_not {
  static_assert(never<Expected, Actual>,
                "weir: assert_type<T>(): the stream's element type is not T; the types are named in this message");
};

template <class Expected>
struct assert_type_description : operator_tag {
  template <class Stream>
  static constexpr bool accepts = std::is_same_v<Expected, typename Stream::element_type>;
  template <class Stream>
  static void explain() {
    static_cast<void>(element_type_is_not<Expected, typename Stream::element_type>{});
  }
  template <class Stream>
  auto apply(Stream&& source) && {
    return std::forward<Stream>(source);
  }
};

}  // namespace detail

/// Calls `function(record)` for each record and passes it on unchanged: for logging and debugging.
/// Emits     every element, in input order, with its event time.
/// State     none.   Thread: one subtask calls it; `function` is copied per subtask and must be callable as const.
template <class Function>
auto peek(Function function, std::source_location where = std::source_location::current()) {
  return detail::peek_description<Function>(std::move(function), where);
}

/// Compiles only if the element type here is exactly `Expected`; does nothing at run time.
template <class Expected>
auto assert_type() {
  return detail::assert_type_description<Expected>{};
}

}  // namespace weir
