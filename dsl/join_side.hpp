#pragma once
// What joins have in common: which records they give without a partner, how their function is called, the side output
// for late records, and the sentences for what does not fit.
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include "weir/core/either.hpp"
#include "weir/core/error.hpp"
#include "weir/dsl/callable.hpp"
#include "weir/dsl/collector.hpp"
#include "weir/dsl/connect.hpp"
#include "weir/dsl/operator.hpp"
#include "weir/dsl/process_context.hpp"

namespace weir::detail {

/// Whose records a join gives although they found no partner.
enum class join_kind : std::uint8_t { inner, left, right, full };

/// "interval_left_join"
std::string join_name(std::string_view what, join_kind kind);

[[noreturn]] void throw_joined_without_time();

/// The event time of the record in `context`; throws weir::error where it has none.
template <class Context>
[[gnu::always_inline]] inline timestamp time_of_joined(const Context& context) {
  const timestamp time = context_access::time(context);
  if (time == min_timestamp) [[unlikely]] throw_joined_without_time();
  return time;
}

/// Late records of both sides.
template <class Left, class Right>
using late_side = side<"late", either<Left, Right>>;

/// What the function of a join takes: a side that may be missing comes as a pointer.
template <class Left, class Right, join_kind Kind>
struct join_arguments;
template <class Left, class Right>
struct join_arguments<Left, Right, join_kind::inner> {
  using left = const Left&;
  using right = const Right&;
};
template <class Left, class Right>
struct join_arguments<Left, Right, join_kind::left> {
  using left = const Left&;
  using right = const Right*;
};
template <class Left, class Right>
struct join_arguments<Left, Right, join_kind::right> {
  using left = const Left*;
  using right = const Right&;
};
template <class Left, class Right>
struct join_arguments<Left, Right, join_kind::full> {
  using left = const Left*;
  using right = const Right*;
};

template <class Function, class Left, class Right, join_kind Kind>
inline constexpr bool joins = [] {
  using arguments = join_arguments<Left, Right, Kind>;
  if constexpr (std::is_invocable_v<const Function&, typename arguments::left, typename arguments::right>) {
    return !std::is_void_v<
        std::invoke_result_t<const Function&, typename arguments::left, typename arguments::right>>;
  } else {
    return false;
  }
}();

template <class Function, class Left, class Right, join_kind Kind>
using join_result =
    std::remove_cvref_t<std::invoke_result_t<const Function&, typename join_arguments<Left, Right, Kind>::left,
                                             typename join_arguments<Left, Right, Kind>::right>>;

template <class Argument, class Type>
[[gnu::always_inline]] constexpr Argument as_argument(const Type* value) {
  if constexpr (std::is_pointer_v<Argument>) {
    return value;
  } else {
    return *value;
  }
}

/// Calls `function` for two records, of which a missing one is null.
template <class Left, class Right, join_kind Kind, class Function>
[[gnu::always_inline]] inline decltype(auto) call_join(const Function& function, const Left* left, const Right* right) {
  using arguments = join_arguments<Left, Right, Kind>;
  return std::invoke(function, as_argument<typename arguments::left>(left), as_argument<typename arguments::right>(right));
}

// ---- misuse ---------------------------------------------------------------------------------------------------------

template <class Stream>
struct join_of_one_stream {
  static_assert(never<Stream>,
                "weir: a join takes two streams; put connect(left | key_by(f), right | key_by(g)) directly before it");
};
template <class Stream>
struct join_without_key {
  static_assert(never<Stream>, "weir: a join needs keys; put key_by(f) behind both streams of connect(left, right)");
};
template <class Stream>
struct join_without_event_time {
  static_assert(never<Stream>,
                "weir: this join works in event time and the streams have none; give both sources "
                "event_time(&record::at, out_of_orderness(...))");
};
template <class Left, class Right, class... Facts>
struct inner_join_rejected {
  static_assert(never<Left, Right, Facts...>,
                "weir: join: f must be callable as const with (const Left&, const Right&) and return the result");
};
template <class Left, class Right, class... Facts>
struct left_join_rejected {
  static_assert(never<Left, Right, Facts...>,
                "weir: left join: f must be callable as const with (const Left&, const Right*) and return the result; the "
                "pointer is null where a left record has no partner");
};
template <class Left, class Right, class... Facts>
struct right_join_rejected {
  static_assert(never<Left, Right, Facts...>,
                "weir: right join: f must be callable as const with (const Left*, const Right&) and return the result; "
                "the pointer is null where a right record has no partner");
};
template <class Left, class Right, class... Facts>
struct full_join_rejected {
  static_assert(never<Left, Right, Facts...>,
                "weir: full join: f must be callable as const with (const Left*, const Right*) and return the result; "
                "the pointer of a missing partner is null");
};

/// Whether a join of two keyed streams with event time fits; if not, and `Explain`, a static assertion says why.
template <bool Explain, class Function, join_kind Kind, class Stream>
constexpr bool check_join() {
  if constexpr (!is_either<typename Stream::element_type>) {
    if constexpr (Explain) static_cast<void>(join_of_one_stream<Stream>{});
    return false;
  } else if constexpr (!ends_keyed<Stream>()) {
    if constexpr (Explain) static_cast<void>(join_without_key<Stream>{});
    return false;
  } else if constexpr (!has_time<typename Stream::clock>) {
    if constexpr (Explain) static_cast<void>(join_without_event_time<Stream>{});
    return false;
  } else if constexpr (!std::is_copy_constructible_v<Function>) {
    if constexpr (Explain) static_cast<void>(function_not_copyable<Function>{});
    return false;
  } else {
    using left = typename Stream::element_type::left_type;
    using right = typename Stream::element_type::right_type;
    constexpr bool fits = joins<Function, left, right, Kind>;
    if constexpr (Explain && !fits) {
      if constexpr (Kind == join_kind::inner) static_cast<void>(inner_join_rejected<left, right, Function>{});
      if constexpr (Kind == join_kind::left) static_cast<void>(left_join_rejected<left, right, Function>{});
      if constexpr (Kind == join_kind::right) static_cast<void>(right_join_rejected<left, right, Function>{});
      if constexpr (Kind == join_kind::full) static_cast<void>(full_join_rejected<left, right, Function>{});
    }
    return fits;
  }
}

}  // namespace weir::detail
