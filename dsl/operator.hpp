#pragma once
// `|`: how operators, fragments and streams compose, and the sentences for what does not.
//
// An operator description derives from `operator_tag` and has
//   template <class Stream> static constexpr bool accepts   whether it may follow a stream of this type
//   template <class Stream> static void explain()           a static_assert whose text is the sentence, when it may not
//   template <class Stream> auto apply(Stream&&) &&          the stream (or pipeline) behind it
//   leaves_stage = true       if an exchange follows, now or later, so that it cannot be part of a branch
//   takes_windows = true      if it may follow window(...)
//   ends_pipeline = true      if nothing may follow it
#include <concepts>
#include <string>
#include <type_traits>
#include <utility>

#include "weir/dsl/stream.hpp"

namespace weir::detail {

struct operator_tag {};

template <class Type>
concept operator_description = std::derived_from<std::remove_cvref_t<Type>, operator_tag>;

/// Always false, but only once the facts are known; a rejection shows them beside its sentence.
template <class...>
inline constexpr bool never = false;

// ---- fragments: operators without a source -------------------------------------------------------------------------

template <class First, class Second>
struct fragment : operator_tag {
  First first;
  Second second;
  fragment(First f, Second s) : first(std::move(f)), second(std::move(s)) {}
};

template <class Type>
inline constexpr bool is_fragment = false;
template <class First, class Second>
inline constexpr bool is_fragment<fragment<First, Second>> = true;

/// Descriptions that end a pipeline say so: `to` and `branch`.
template <class Description>
inline constexpr bool ends_in_sink = requires { requires Description::ends_pipeline; };
template <class First, class Second>
inline constexpr bool ends_in_sink<fragment<First, Second>> = ends_in_sink<Second>;

// ---- misuse ---------------------------------------------------------------------------------------------------------

template <class Stream>
struct stream_used_twice {
  static_assert(never<Stream>,
                "weir: an open stream can be used once; write std::move(stream) | ..., or stream | share() first to use "
                "it several times");
};
template <class Left, class Right>
struct stream_into_stream {
  static_assert(never<Left, Right>,
                "weir: a stream cannot be piped into a stream; join streams of one type with a | union_(b)");
};
template <class Operator>
struct sink_used_as_operator {
  static_assert(never<Operator>, "weir: nothing can follow a sink; end the pipeline at to<\"uid\">(...), or use "
                                 "branch(...) to write and go on");
};
template <class Operator>
struct no_operator {
  static_assert(never<Operator>,
                "weir: what follows | is no operator; lambdas need a name for what they do, such as map(f) or filter(f)");
};
template <class Sink>
struct sink_without_to {
  static_assert(never<Sink>, "weir: a sink needs a name; write | to<\"uid\">(sink)");
};
template <class... Aggregates>
struct aggregate_without_uid {
  static_assert(never<Aggregates...>,
                "weir: an aggregate has state, which needs a name; write aggregate<\"uid\">(...), rolling<\"uid\">(...) or "
                "reduce<\"uid\">(...)");
};
template <class Operator, class Stream>
struct stream_after_operator {
  static_assert(never<Operator, Stream>,
                "weir: a stream cannot follow an operator; write the source first: from(...) | filter(f) | ...");
};
template <class Function>
struct function_not_copyable {
  static_assert(never<Function>,
                "weir: the function cannot be copied, and each subtask needs its own copy; capture a shared_ptr instead "
                "of a move-only value");
};
template <class Operator>
struct window_without_aggregate {
  static_assert(never<Operator>,
                "weir: window(...) must be followed by aggregate<\"uid\">(...), reduce<\"uid\">(...) or process<\"uid\">(...)");
};

template <class Operator>
struct broadcast_connection_without_process {
  static_assert(never<Operator>,
                "weir: connect(stream, other | broadcast()) must be followed by broadcast_process<\"uid\">(f)");
};

template <class Stream>
concept windowed_stream =
    is_stream<Stream> && requires { requires is_windowed_stage<typename Stream::stage_type>; };

/// Operators that may follow window(...) say so.
template <class Operator>
concept takes_windows = requires { requires Operator::takes_windows; };

/// A stream and another one that will be broadcast; only broadcast_process says that it takes these.
template <class Stream>
concept broadcast_connected_stream =
    is_stream<Stream> && requires { requires is_broadcast_connection<typename Stream::stage_type>; };
template <class Operator>
concept takes_broadcast_connections = requires { requires Operator::takes_broadcast_connections; };

/// Says what is wrong with something behind `|` that is no operator.
template <class Type>
void explain_no_operator() {
  if constexpr (requires(const Type& sink) {
                  { sink.describe() } -> std::convertible_to<std::string>;
                  { Type::template accepts<int> } -> std::convertible_to<bool>;
                }) {
    static_cast<void>(sink_without_to<Type>{});
  } else if constexpr (requires(const Type& aggregate) { aggregate.column_name(); } ||
                       requires(const Type& aggregate) { aggregate.column_names(); }) {
    static_cast<void>(aggregate_without_uid<Type>{});
  } else if constexpr (!std::is_same_v<Type, broken_pipeline>) {
    static_cast<void>(no_operator<Type>{});
  }
}

}  // namespace weir::detail

namespace weir {

/// Pipes a stream into an operator. Streams are used up: pass them as rvalues, or `share()` them.
template <detail::any_stream Stream, class Operator>
  requires(!detail::any_stream<Operator>)
auto operator|(Stream&& source, Operator&& operation) {
  using stream_type = std::remove_cvref_t<Stream>;
  using operator_type = std::remove_cvref_t<Operator>;
  if constexpr (std::is_lvalue_reference_v<Stream> && !detail::is_shared_stream<stream_type>) {
    static_cast<void>(detail::stream_used_twice<stream_type>{});
    return detail::broken_pipeline{};
  } else if constexpr (!detail::operator_description<Operator>) {
    detail::explain_no_operator<operator_type>();
    return detail::broken_pipeline{};
  } else if constexpr (detail::is_fragment<operator_type>) {
    operator_type copy(std::forward<Operator>(operation));
    return std::forward<Stream>(source) | std::move(copy.first) | std::move(copy.second);
  } else if constexpr (detail::windowed_stream<stream_type> && !detail::takes_windows<operator_type>) {
    static_cast<void>(detail::window_without_aggregate<operator_type>{});
    return detail::broken_pipeline{};
  } else if constexpr (detail::broadcast_connected_stream<stream_type> &&
                       !detail::takes_broadcast_connections<operator_type>) {
    static_cast<void>(detail::broadcast_connection_without_process<operator_type>{});
    return detail::broken_pipeline{};
  } else if constexpr (!operator_type::template accepts<stream_type>) {
    operator_type::template explain<stream_type>();
    return detail::broken_pipeline{};
  } else {
    return operator_type(std::forward<Operator>(operation)).apply(std::forward<Stream>(source));
  }
}

template <detail::any_stream Left, detail::any_stream Right>
auto operator|(Left&&, Right&&) {
  static_cast<void>(detail::stream_into_stream<std::remove_cvref_t<Left>, std::remove_cvref_t<Right>>{});
  return detail::broken_pipeline{};
}

template <class Operator>
auto operator|(const pipeline&, Operator&&) {
  static_cast<void>(detail::sink_used_as_operator<std::remove_cvref_t<Operator>>{});
  return detail::broken_pipeline{};
}

// In the namespace of the descriptions, so that operators compose where only their names are imported.
namespace detail {

/// Composes operators into a fragment that a stream can be piped into later.
template <operator_description First, class Second>
auto operator|(First&& first, Second&& second) {
  using first_type = std::remove_cvref_t<First>;
  using second_type = std::remove_cvref_t<Second>;
  if constexpr (ends_in_sink<first_type>) {
    static_cast<void>(sink_used_as_operator<second_type>{});
    return broken_pipeline{};
  } else if constexpr (any_stream<Second>) {
    static_cast<void>(stream_after_operator<first_type, second_type>{});
    return broken_pipeline{};
  } else if constexpr (!operator_description<Second>) {
    explain_no_operator<second_type>();
    return broken_pipeline{};
  } else {
    return fragment<first_type, second_type>(std::forward<First>(first), std::forward<Second>(second));
  }
}

template <class Operator>
broken_pipeline operator|(const broken_pipeline&, Operator&&) {
  return {};
}
}  // namespace detail

}  // namespace weir
