#pragma once
// key_by: says which records belong together. The stage stays open; the first stateful operator closes it.
#include <optional>
#include <source_location>
#include <string>
#include <type_traits>
#include <utility>

#include "weir/core/hash.hpp"
#include "weir/dsl/callable.hpp"
#include "weir/dsl/operator.hpp"

namespace weir {
namespace detail {

/// Calls a key selector: a pointer to member gives a reference, a function whatever it returns.
template <class Function>
struct key_selector {
  [[no_unique_address]] Function function;
  template <class Record>
  [[gnu::always_inline]] decltype(auto) operator()(const Record& record) const {
    return std::invoke(function, record);
  }
};

template <class Element, class... Facts>
struct key_by_rejected {
  static_assert(never<Element, Facts...>,
                "weir: key_by(f): f cannot be called with the stream's element type; give a member pointer such as "
                "&order::customer, or a function of const Element&");
};
template <class Element, class... Facts>
struct key_type_rejected {
  static_assert(never<Element, Facts...>,
                "weir: key_by(f): f's result cannot be a key; use an integer, enum, bool, string, timestamp, or an "
                "optional, pair, tuple or record of these; a floating-point number cannot be a key");
};

template <class Element, class... Facts>
struct key_by_changes_itself {
  static_assert(never<Element, Facts...>,
                "weir: key_by(f): f changes itself, but a record must have the same key each time; make f const");
};

template <class Function>
struct key_by_description : operator_tag {
  static constexpr bool leaves_stage = true;
  Function function;
  std::string name;
  std::source_location where;
  key_by_description(Function f, std::string n, std::source_location w)
      : function(std::move(f)), name(std::move(n)), where(w) {}

  template <class Element>
  static constexpr bool makes_a_key = [] {
    if constexpr (callable_with<Function, const Element&>) {
      return hashable_key<result_of<Function, const Element&>>;
    } else {
      return false;
    }
  }();
  template <class Stream>
  static constexpr bool accepts = makes_a_key<typename Stream::element_type> && std::is_copy_constructible_v<Function>;

  template <class Stream>
  static void explain() {
    using element = typename Stream::element_type;
    if constexpr (!std::is_copy_constructible_v<Function>) {
      static_cast<void>(function_not_copyable<Function>{});
    } else if constexpr (std::is_invocable_v<Function&, const element&> && !callable_with<Function, const element&>) {
      static_cast<void>(key_by_changes_itself<element, Function>{});
    } else if constexpr (callable_with<Function, const element&>) {
      static_cast<void>(key_type_rejected<element, result_of<Function, const element&>>{});
    } else {
      static_cast<void>(key_by_rejected<element, Function>{});
    }
  }

  template <class Stream>
  auto apply(Stream&& source) && {
    using stream_type = std::remove_cvref_t<Stream>;
    using element = typename stream_type::element_type;
    auto stage = plain_stage(std::forward<Stream>(source));
    using selector = key_selector<Function>;
    stage.draft.add({.kind = "key_by", .detail = name, .output_type = type_name<element>(), .where = where});
    keyed_stage<decltype(stage), selector> keyed{std::move(stage), selector{std::move(function)}, std::move(name), {}};
    return make_stream<element, result_of<Function, const element&>, typename stream_type::clock,
                       typename stream_type::guarantee>(std::move(keyed));
  }
};

}  // namespace detail

/// Groups records by `selector(record)`: a pointer to member or a function of const Element&.
/// Emits     the same elements; all records of one key meet in one subtask at the next stateful operator. Order is
///           kept per producing subtask and key.
/// State     none.   Thread: called on both sides of the exchange, so it must be a pure function of the record.
/// Requires  a key of integers, enums, bool, strings, timestamps, optionals, pairs, tuples or records of these.
template <class Selector>
auto key_by(Selector selector, std::source_location where = std::source_location::current()) {
  std::string name = "key";
  if constexpr (std::is_member_object_pointer_v<Selector>) name = std::string(member_name(selector));
  return detail::key_by_description<Selector>(std::move(selector), name.empty() ? "key" : name, where);
}

}  // namespace weir
