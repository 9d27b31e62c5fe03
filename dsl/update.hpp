#pragma once
// update: changes each record in place.
#include <source_location>
#include <utility>

#include "weir/dsl/callable.hpp"
#include "weir/dsl/operator.hpp"
#include "weir/dsl/pure.hpp"

namespace weir {
namespace detail {

template <class Function>
struct update_operator {
  static constexpr bool stateless = true;
  static constexpr bool pure = is_pure<Function>;
  [[no_unique_address]] Function function;

  template <class Record, class Out>
  [[gnu::always_inline]] void process(Record&& record, const Out& out) const {
    if constexpr (std::is_const_v<std::remove_reference_t<Record>> || std::is_lvalue_reference_v<Record>) {
      std::remove_cvref_t<Record> own(record);
      std::invoke(function, own);
      out(std::move(own));
    } else {
      std::invoke(function, record);
      out(std::forward<Record>(record));
    }
  }
};

template <class Element, class... Facts>
struct update_rejected {
  static_assert(never<Element, Facts...>,
                "weir: update(f): f must be callable with a reference to the stream's element type; let f take Element& "
                "and change it");
};
template <class Element, class... Facts>
struct update_changes_itself {
  static_assert(never<Element, Facts...>,
                "weir: update(f): f changes itself, and what it keeps would be lost in a restart; make f const, or keep "
                "the value in state with process(...)");
};

template <class Element, class... Facts>
struct update_changes_a_copy {
  static_assert(never<Element, Facts...>,
                "weir: update(f): f takes the record by value or const&, so nothing would change; let f take Element&, or "
                "use peek(f) to look at records");
};

/// Whether a function with one signature could not change the record that it is given.
template <class Function, class Element>
inline constexpr bool leaves_argument_alone = [] {
  if constexpr (requires { &Function::operator(); }) {
    return std::is_invocable_v<const Function&, Element&&>;
  } else {
    return false;
  }
}();

template <class Function>
struct update_description : operator_tag {
  Function function;
  std::source_location where;
  update_description(Function f, std::source_location w) : function(std::move(f)), where(w) {}

  template <class Stream>
  static constexpr bool accepts = std::is_invocable_v<const Function&, typename Stream::element_type&> &&
                                  !leaves_argument_alone<Function, typename Stream::element_type> &&
                                  std::is_copy_constructible_v<Function>;

  template <class Stream>
  static void explain() {
    using element = typename Stream::element_type;
    if constexpr (!std::is_copy_constructible_v<Function>) {
      static_cast<void>(function_not_copyable<Function>{});
    } else if constexpr (leaves_argument_alone<Function, element>) {
      static_cast<void>(update_changes_a_copy<element, Function>{});
    } else if constexpr (std::is_invocable_v<Function&, element&>) {
      static_cast<void>(update_changes_itself<element, Function>{});
    } else {
      static_cast<void>(update_rejected<element, Function>{});
    }
  }

  template <class Stream>
  auto apply(Stream&& source) && {
    return append<typename std::remove_cvref_t<Stream>::element_type>(
        std::forward<Stream>(source), update_operator<Function>{std::move(function)},
        {.kind = "update", .where = where});
  }
};

}  // namespace detail

/// Changes each record in place with `function(record)`; the cheapest way to change a record that owns memory.
/// Emits     every element, changed, in input order, with its event time.
/// State     none.   Thread: one subtask calls it; `function` is copied per subtask and must be callable as const.
/// Requires  a callable for Element&.
template <class Function>
auto update(Function function, std::source_location where = std::source_location::current()) {
  return detail::update_description<Function>(std::move(function), where);
}

}  // namespace weir
