#pragma once
// Exchanges without a key (rebalance, random, broadcast, global, forward, partition) and how many subtasks the stage
// behind one has (parallelism). `global()` is also a window assigner: piped into directly, it is the partitioner.
#include <cstdint>
#include <source_location>
#include <string>
#include <utility>

#include "weir/dsl/callable.hpp"
#include "weir/dsl/operator.hpp"
#include "weir/windows/global.hpp"

namespace weir {
namespace detail {

template <class Partitioner>
struct exchange_description : operator_tag {
  static constexpr bool leaves_stage = true;
  Partitioner partitioner;
  partitioning how;
  exchange_description(Partitioner p, partitioning h) : partitioner(std::move(p)), how(h) {}

  template <class Stream>
  static constexpr bool accepts = true;
  template <class Stream>
  auto apply(Stream&& source) && {
    using stream_type = std::remove_cvref_t<Stream>;
    using element = typename stream_type::element_type;
    using clock = typename stream_type::clock;
    auto behind = exchange<element, columns{has_time<clock>, false}>(plain_stage(std::forward<Stream>(source)),
                                                                     std::move(partitioner), {.how = how});
    return make_stream<element, no_key, clock, typename stream_type::guarantee>(std::move(behind));
  }
};

/// The exchange of broadcast() is not made before the next operator is known.
struct broadcast_description : operator_tag {
  static constexpr bool leaves_stage = true;

  template <class Stream>
  static constexpr bool accepts = true;
  template <class Stream>
  auto apply(Stream&& source) && {
    using stream_type = std::remove_cvref_t<Stream>;
    using element = typename stream_type::element_type;
    using clock = typename stream_type::clock;
    auto stage = plain_stage(std::forward<Stream>(source));
    return make_stream<element, no_key, clock, typename stream_type::guarantee>(
        broadcast_stage<element, clock, decltype(stage)>{std::move(stage)});
  }
};

template <class Element, class... Facts>
struct partition_rejected {
  static_assert(
      never<Element, Facts...>,
      "weir: partition(f): f must be callable as const with (const Element&, std::size_t subtasks) and return "
      "the number of a subtask; let it take both");
};

template <class Function>
struct partition_description : operator_tag {
  static constexpr bool leaves_stage = true;
  Function function;
  explicit partition_description(Function f) : function(std::move(f)) {}

  template <class Stream>
  static constexpr bool accepts =
      std::is_invocable_r_v<std::size_t, const Function&, const typename Stream::element_type&, std::size_t> &&
      std::is_copy_constructible_v<Function>;
  template <class Stream>
  static void explain() {
    if constexpr (!std::is_copy_constructible_v<Function>) {
      static_cast<void>(function_not_copyable<Function>{});
    } else {
      static_cast<void>(partition_rejected<typename Stream::element_type, Function>{});
    }
  }
  template <class Stream>
  auto apply(Stream&& source) && {
    return exchange_description<custom_partitioner<Function>>({std::move(function)}, partitioning::custom)
        .apply(std::forward<Stream>(source));
  }
};

template <class Stream>
struct parallelism_misplaced {
  static_assert(never<Stream>,
                "weir: parallelism(n) sets the stage that from(...) or an exchange opens; put rebalance() before it");
};

/// A stage without operators yet, or the one that a keyed exchange will open.
template <class Stream>
inline constexpr bool at_stage_start = [] {
  if constexpr (is_shared_stream<Stream>) {
    return false;
  } else if constexpr (is_open_stage<typename Stream::stage_type>) {
    return std::is_same_v<typename Stream::stage_type::links_type, no_operators> &&
           !requires { requires decltype(Stream::stage_type::head)::is_operator; };
  } else {
    return is_keyed_stage<typename Stream::stage_type> || is_broadcast_stage<typename Stream::stage_type>;
  }
}();

struct parallelism_description : operator_tag {
  std::size_t subtasks;
  explicit parallelism_description(std::size_t n) : subtasks(n) {}

  template <class Stream>
  static constexpr bool accepts = at_stage_start<Stream>;
  template <class Stream>
  static void explain() {
    static_cast<void>(parallelism_misplaced<Stream>{});
  }
  template <class Stream>
  auto apply(Stream&& source) && {
    auto stage = std::move(source).take_stage();
    if constexpr (is_keyed_stage<decltype(stage)> || is_broadcast_stage<decltype(stage)>) {
      stage.next_parallelism = subtasks;
    } else {
      stage.draft.set_parallelism(subtasks);
    }
    return Stream(std::move(stage));
  }
};

template <class Stream>
struct nothing_to_name {
  static_assert(never<Stream>, "weir: name(\"...\") names the operator before it; put it directly behind one");
};

struct name_description : operator_tag {
  std::string name;
  explicit name_description(std::string n) : name(std::move(n)) {}

  template <class Stream>
  static constexpr bool accepts = [] {
    if constexpr (is_shared_stream<Stream>) {
      return false;
    } else {
      using stage = typename Stream::stage_type;
      if constexpr (is_keyed_stage<stage>) {
        return requires(stage& keyed) { keyed.stage.draft; };  // two connected stages have a draft each
      } else {
        return is_open_stage<stage> || unsettled_stage<stage>;
      }
    }
  }();
  template <class Stream>
  static void explain() {
    static_cast<void>(nothing_to_name<Stream>{});
  }
  template <class Stream>
  auto apply(Stream&& source) && {
    auto stage = std::move(source).take_stage();
    if constexpr (is_keyed_stage<decltype(stage)>) {
      stage.stage.draft.name_last(name);
    } else if constexpr (unsettled_stage<decltype(stage)>) {
      stage.name = name;
    } else {
      stage.draft.name_last(name);
    }
    return Stream(std::move(stage));
  }
};

}  // namespace detail

/// Deals records out to all subtasks in turn. Order is kept per pair of sender and receiver.
inline auto rebalance() {
  return detail::exchange_description<detail::rebalance_partitioner>({}, detail::partitioning::rebalance);
}
/// Sends each record to a random subtask; the same seed deals alike. (Write weir::random() or give a seed: the C
/// library has a function of that name.)
inline auto random(std::uint64_t seed = 0) {
  return detail::exchange_description<detail::random_partitioner>({seed}, detail::partitioning::random);
}
/// Sends every record to every subtask. As the second stream of connect(stream, other | broadcast()) it feeds
/// broadcast_process.
inline auto broadcast() { return detail::broadcast_description{}; }
/// Ends the stage but sends each record to the subtask of the same number.
inline auto forward() {
  return detail::exchange_description<detail::forward_partitioner>({}, detail::partitioning::forward);
}
/// Sends each record to the subtask that `function(record, subtasks)` names, from 0.
template <class Function>
auto partition(Function function) {
  return detail::partition_description<Function>(std::move(function));
}

/// Sends every record to subtask 0: `| global()`.
template <detail::any_stream Stream>
auto operator|(Stream&& source, global_windows) {
  return std::forward<Stream>(source) |
         detail::exchange_description<detail::global_partitioner>({}, detail::partitioning::global);
}
template <detail::operator_description First>
auto operator|(First&& first, global_windows) {
  return std::forward<First>(first) |
         detail::exchange_description<detail::global_partitioner>({}, detail::partitioning::global);
}

/// Gives the stage that begins here `subtasks` parallel instances instead of one per slot.
inline auto parallelism(std::size_t subtasks) { return detail::parallelism_description(subtasks); }

/// Names the operator before it, for plans, metrics and messages.
inline auto name(std::string text) { return detail::name_description(std::move(text)); }

}  // namespace weir
