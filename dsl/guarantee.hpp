#pragma once
// What becomes of a record after a failure, as a type: a stream's or pipeline's `guarantee` is that of its weakest
// participant and names it. It speaks of jobs that take checkpoints (semantics: docs/concepts, exactly once). Beside it
// stands whether the stream ends, which operators ask that give their results then (docs/concepts, bounded streams).
#include <string_view>
#include <type_traits>
#include <utility>

#include "weir/core/fixed_string.hpp"
#include "weir/dsl/pipeline.hpp"

namespace weir {

/// Every record counts once in state and in results: all sources can be read again, all sinks commit with checkpoints.
struct exactly_once {
  static constexpr int strength = 2;
};
/// Results of records between a checkpoint and a failure may appear again, because this sink cannot take them back.
template <fixed_string Uid, class Sink>
struct at_least_once {
  static constexpr int strength = 1;
};
/// Records between a checkpoint and a failure are lost, because this source cannot be read again.
template <fixed_string Uid, class Source>
struct at_most_once {
  static constexpr int strength = 0;
};

/// `Guarantee` on a stream that is not known to end, because of this source.
template <class Source, class Guarantee>
struct unbounded {
  static constexpr int strength = Guarantee::strength;
};

namespace detail {

/// What an unbounded<...> is put together from; a bounded stream has a source of no type.
template <class Guarantee>
struct parts_of_guarantee {
  using delivered = Guarantee;
  using endless_source = void;
};
template <class Source, class Guarantee>
struct parts_of_guarantee<unbounded<Source, Guarantee>> {
  using delivered = Guarantee;
  using endless_source = Source;
};

/// Why a stream is not known to end; void if it is.
template <class Stream>
using endless_source_of = typename parts_of_guarantee<typename Stream::guarantee>::endless_source;
template <class Stream>
inline constexpr bool is_bounded_stream = std::is_void_v<endless_source_of<Stream>>;

}  // namespace detail

/// A pipeline whose records are delivered with `Guarantee`, whether they end or not.
template <class Guarantee>
class delivered_pipeline : public pipeline {
 public:
  using guarantee = typename detail::parts_of_guarantee<Guarantee>::delivered;
  using pipeline::pipeline;
};

namespace detail {

struct broken_pipeline;  // dsl/stream.hpp

template <class... Guarantees>
struct weakest_of;
template <class Only>
struct weakest_of<Only> {
  using type = Only;
};
template <class First, class Second, class... Rest>
struct weakest_of<First, Second, Rest...>
    : weakest_of<std::conditional_t<(Second::strength < First::strength), Second, First>, Rest...> {};
template <class... Sources>
struct first_endless {
  using type = void;
};
template <class First, class... Rest>
struct first_endless<First, Rest...> {
  using type = First;
};
template <class... Rest>
struct first_endless<void, Rest...> : first_endless<Rest...> {};
template <class Source, class Guarantee>
using unbounded_unless_void = std::conditional_t<std::is_void_v<Source>, Guarantee, unbounded<Source, Guarantee>>;

/// The weakest of some guarantees, the first of those that are as weak; unbounded if one of them is.
template <class... Guarantees>
using weakest =
    unbounded_unless_void<typename first_endless<typename parts_of_guarantee<Guarantees>::endless_source...>::type,
                          typename weakest_of<typename parts_of_guarantee<Guarantees>::delivered...>::type>;

/// A source says `replayable = false` where a position in it cannot be gone back to. Without a uid its position is in no
/// snapshot.
template <fixed_string Uid, class Source>
constexpr bool is_replayable() {
  if constexpr (Uid.view().empty()) {
    return false;
  } else if constexpr (requires { Source::replayable; }) {
    return Source::replayable;
  } else {
    return true;
  }
}
/// A source whose type decides it says `is_bounded`. One that says `endless()` may have no end.
template <class Source>
constexpr bool is_bounded_source() {
  if constexpr (requires { Source::is_bounded; }) {
    return Source::is_bounded;
  } else {
    return !requires(const Source& source) { source.endless(); };
  }
}
template <fixed_string Uid, class Source>
using guarantee_of_source =
    unbounded_unless_void<std::conditional_t<is_bounded_source<Source>(), void, Source>,
                          std::conditional_t<is_replayable<Uid, Source>(), exactly_once, at_most_once<Uid, Source>>>;

/// A sink commits with checkpoints (runtime/sink.hpp), or says `repeatable = true`: nobody can tell whether it took a
/// record once or twice.
template <fixed_string Uid, class Sink, bool TwoPhase>
constexpr bool is_exactly_once() {
  if constexpr (TwoPhase) {
    return true;
  } else {
    return requires { requires Sink::repeatable; };
  }
}
template <fixed_string Uid, class Sink, bool TwoPhase>
using guarantee_of_sink =
    std::conditional_t<is_exactly_once<Uid, Sink, TwoPhase>(), exactly_once, at_least_once<Uid, Sink>>;

template <class Found>
struct weaker_than_required {
  static_assert(Found::strength == 2 || Found::strength == 0,
                "weir: require<exactly_once>(pipeline): the sink that this error names in at_least_once<\"uid\", sink> "
                "cannot take results back after a failure; write to one that commits with checkpoints, such as "
                "csv(\"out.csv\")");
  static_assert(Found::strength == 2 || Found::strength == 1,
                "weir: require<exactly_once>(pipeline): the source that this error names in at_most_once<\"uid\", source> "
                "cannot be read again after a failure; read from one that can, such as a file, and give it a uid");
};
template <class Required>
struct no_such_requirement {
  static_assert(std::is_same_v<Required, exactly_once>,
                "weir: require<guarantee>(pipeline): exactly_once is the guarantee that can be required");
};
template <class Type>
struct require_of_no_pipeline {
  static_assert(!std::is_same_v<Type, Type>,
                "weir: require<exactly_once>(x): x is no pipeline; give from(...) | ... | to<\"uid\">(sink)");
};

}  // namespace detail

/// Returns the pipeline. Does not compile where its guarantee is weaker, and names the participant that is to blame:
///   job("totals", require<exactly_once>(from<"in">(...) | ... | to<"out">(csv("totals.csv"))))
template <class Required, class Pipeline>
Pipeline&& require(Pipeline&& checked) {
  static_cast<void>(detail::no_such_requirement<Required>{});
  if constexpr (requires { typename std::remove_cvref_t<Pipeline>::guarantee; } &&
                std::is_base_of_v<pipeline, std::remove_cvref_t<Pipeline>>) {
    static_cast<void>(detail::weaker_than_required<typename std::remove_cvref_t<Pipeline>::guarantee>{});
  } else if constexpr (!std::is_same_v<std::remove_cvref_t<Pipeline>, detail::broken_pipeline>) {
    static_cast<void>(detail::require_of_no_pipeline<std::remove_cvref_t<Pipeline>>{});
  }
  return std::forward<Pipeline>(checked);
}

}  // namespace weir
