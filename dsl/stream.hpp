#pragma once
// The stream: a value that stands for what flows at one point of a pipeline, with its type at every `|`.
//
// `|` only nests a link; closing a stage (at an exchange or a sink) flattens the links into one chain, once, and
// erases its type. An open stream is move-only: using it twice would read the source twice. `share()` makes a handle
// that may be used several times.
#include <cstddef>
#include <memory>
#include <optional>
#include <source_location>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "weir/core/schema.hpp"
#include "weir/core/type_name.hpp"
#include "weir/dsl/guarantee.hpp"
#include "weir/dsl/pipeline.hpp"
#include "weir/dsl/stage_draft.hpp"
#include "weir/runtime/any_chain.hpp"
#include "weir/runtime/chain.hpp"
#include "weir/runtime/exchange_writer.hpp"
#include "weir/runtime/source_subtask.hpp"

namespace weir {

/// The key of a stream that has none.
struct no_key {};
/// The clock of a stream without event time.
struct no_clock {};

namespace detail {

// ---- stages under construction ----------------------------------------------------------------------------------

struct no_operators {};

/// The operators of a stage, last to first.
template <class Previous, class Operator>
struct link : Previous {
  using previous_type = Previous;
  using operation_type = Operator;
  Operator operation;
};

/// The same as types, first to last.
template <class... Links>
struct link_list {};
template <class Links, class... Behind>
struct listed_links : listed_links<typename Links::previous_type, Links, Behind...> {};
template <class... Links>
struct listed_links<no_operators, Links...> {
  using type = link_list<Links...>;
};

template <class... Links, class All, class Terminal>
auto flatten_as(link_list<Links...>, All& all, Terminal& terminal) {
  return chain<typename Links::operation_type..., Terminal>(
      std::in_place, std::move(static_cast<Links&>(all).operation)..., std::move(terminal));
}
/// The chain of a stage that `terminal` ends.
template <class Links, class Terminal>
auto flatten(Links&& links, Terminal&& terminal) {
  return flatten_as(typename listed_links<Links>::type{}, links, terminal);
}
template <class Links, class Terminal>
using chain_of = decltype(flatten(std::declval<Links>(), std::declval<Terminal>()));

/// The head of a stage that reads a source.
template <class Source, class Time>
struct source_head {
  Source source;
  Time time;

  template <class Chain>
  class maker final : public subtask_maker {
   public:
    template <class Links, class Terminal>
    maker(source_head&& head, Links&& links, Terminal&& terminal)
        : head_(std::move(head)), chain_(flatten(std::move(links), std::move(terminal))) {}
    std::unique_ptr<subtask> make(subtask_context& context) const override {
      return std::unique_ptr<subtask>(new source_subtask<Source, Time, Chain>(context, head_.source, head_.time, chain_));
    }

   private:
    source_head head_;
    Chain chain_;
  };
};

/// The head of a stage that reads channels.
template <class Element, columns Columns>
struct channel_head {
  template <class Chain>
  class maker final : public subtask_maker {
   public:
    template <class Links, class Terminal>
    maker(channel_head, Links&& links, Terminal&& terminal) : chain_(flatten(std::move(links), std::move(terminal))) {}
    std::unique_ptr<subtask> make(subtask_context& context) const override {
      return make_operator_subtask<batch<Element, Columns>>(context, chain_);
    }

   private:
    Chain chain_;
  };
};

template <class Head, class Links>
struct open_stage {
  using links_type = Links;
  Head head;
  Links links;
  stage_draft draft;
};

/// An open stage whose records have a key; the first stateful operator closes it with a hash exchange.
template <class Stage, class Selector>
struct keyed_stage {
  Stage stage;
  Selector selector;
  std::string key_name;
  std::optional<std::size_t> next_parallelism;  // of the stage behind the exchange
};

/// Two open stages that will end in the same exchange, and so feed the same stage (dsl/connect.hpp): what a keyed stage
/// holds in place of one.
template <class Left, class Right>
struct connected_stages {
  Left left;
  Right right;
  std::string left_key;
  std::string right_key;
};

/// An open stage whose records go to every subtask of the stage behind it: what broadcast() makes
/// (dsl/partitioning.hpp). connect(stream, other | broadcast()) ends it beside another one; before any other operator
/// it ends by itself.
template <class Element, class Clock, class Stage>
struct broadcast_stage {
  Stage stage;
  std::optional<std::size_t> next_parallelism{};
};

/// Two open stages, the second of which will be broadcast into the stage behind both (dsl/connect.hpp).
template <class Stage, class Broadcast>
struct broadcast_connection {
  Stage stage;  // with a key, or none
  Broadcast broadcast;
  std::optional<std::size_t> next_parallelism;
};

/// A keyed stage and the windows that the next aggregate works in.
template <class Keyed, class Assigner>
struct windowed_stage {
  Keyed keyed;
  Assigner assigner;
};

template <class Stage>
inline constexpr bool is_open_stage = false;
template <class Head, class Links>
inline constexpr bool is_open_stage<open_stage<Head, Links>> = true;
template <class Stage>
inline constexpr bool is_keyed_stage = false;
template <class Stage, class Selector>
inline constexpr bool is_keyed_stage<keyed_stage<Stage, Selector>> = true;
template <class Stage>
inline constexpr bool is_connected = false;
template <class Left, class Right>
inline constexpr bool is_connected<connected_stages<Left, Right>> = true;
template <class Stage>
inline constexpr bool is_broadcast_stage = false;
template <class Element, class Clock, class Stage>
inline constexpr bool is_broadcast_stage<broadcast_stage<Element, Clock, Stage>> = true;
template <class Stage>
inline constexpr bool is_broadcast_connection = false;
template <class Stage, class Broadcast>
inline constexpr bool is_broadcast_connection<broadcast_connection<Stage, Broadcast>> = true;
template <class Stage>
inline constexpr bool is_windowed_stage = false;
template <class Keyed, class Assigner>
inline constexpr bool is_windowed_stage<windowed_stage<Keyed, Assigner>> = true;

}  // namespace detail

/// What flows at one point of a pipeline: `Element`s, keyed by `Key`, timed by `Clock`, delivered with `Guarantee`.
/// `Stage` is the stage under construction and no part of the contract.
template <class Element, class Key, class Clock, class Guarantee, class Stage>
class stream {
 public:
  using element_type = Element;
  using key_type = Key;
  using clock = Clock;
  using guarantee = Guarantee;
  using stage_type = Stage;

  explicit stream(Stage stage) : stage_(std::move(stage)) {}
  stream(stream&&) = default;
  stream& operator=(stream&&) = default;
  stream(const stream&) = delete;
  stream& operator=(const stream&) = delete;

  /// For operators: the stage under construction, taken out of the stream.
  Stage take_stage() && { return std::move(stage_); }

 private:
  Stage stage_;
};

/// A stream that may be used several times, made by `share()`: every use reads the same records.
template <class Element, class Clock, class Guarantee>
class shared_stream {
 public:
  using element_type = Element;
  using key_type = no_key;
  using clock = Clock;
  using guarantee = Guarantee;

  explicit shared_stream(std::shared_ptr<const detail::edge> source) : source_(std::move(source)) {}

  const detail::edge& source() const noexcept { return *source_; }

 private:
  std::shared_ptr<const detail::edge> source_;
};

namespace detail {

/// Stands for a stream behind a rejected operator: accepts everything, so that one mistake gives one error. It also
/// takes apart like the pair that `split` returns.
struct broken_pipeline {
  ~broken_pipeline() {}  // not trivial, so that no compiler adds a warning about a variable that is not used
  template <class Anything>
  operator Anything() const;  // NOLINT: converts to whatever the rest of the program expects
  template <std::size_t>
  broken_pipeline get() const {
    return {};
  }
};

template <class Type>
inline constexpr bool is_stream = false;
template <class Element, class Key, class Clock, class Guarantee, class Stage>
inline constexpr bool is_stream<stream<Element, Key, Clock, Guarantee, Stage>> = true;
template <class Type>
inline constexpr bool is_shared_stream = false;
template <class Element, class Clock, class Guarantee>
inline constexpr bool is_shared_stream<shared_stream<Element, Clock, Guarantee>> = true;

template <class Type>
concept any_stream = is_stream<std::remove_cvref_t<Type>> || is_shared_stream<std::remove_cvref_t<Type>>;

template <class Clock>
inline constexpr bool has_time = !std::is_same_v<Clock, no_clock>;

// ---- closing a stage ------------------------------------------------------------------------------------------------


/// Ends a stage with `terminal`; the result knows no types.
template <class Head, class Links, class Terminal>
[[gnu::noinline]] std::shared_ptr<const stage> close_stage(open_stage<Head, Links>&& open, Terminal terminal, std::size_t ports) {
  using maker = typename Head::template maker<chain_of<Links, Terminal>>;
  return std::move(open.draft)
      .close(ports, new maker(std::move(open.head), std::move(open.links), std::move(terminal)));
}

/// An edge for records of a type; `note` says what does not depend on it. It may name another type: that of the records
/// that the edge stands for.
template <class Element, columns Columns>
std::shared_ptr<const edge> make_edge_of(std::shared_ptr<const stage> from, edge_note note) {
  if (note.element_type.empty()) note.element_type = type_name<Element>();
  note.record_bytes = batch<Element, Columns>::bytes_per_record;
  note.make_batch = &batch<Element, Columns>::make;
  return make_edge(std::move(from), note);
}

template <class Element, class Key, class Clock, class Guarantee, class Stage>
auto make_stream(Stage stage) {
  return stream<Element, Key, Clock, Guarantee, Stage>(std::move(stage));
}

/// Begins a stage that reads one edge.
template <class Element, columns Columns>
auto open_behind(const edge& input) {
  return open_stage<channel_head<Element, Columns>, no_operators>{{}, {}, stage_draft(input)};
}

/// The same for an edge that the user did not write, behind share() or split(): as many subtasks on both sides.
template <class Element, columns Columns>
auto open_alongside(const edge& input) {
  auto opened = open_behind<Element, Columns>(input);
  opened.draft.set_parallelism(input.from->parallelism);
  return opened;
}

/// Ends an open stage with an exchange and begins the stage behind it.
template <class Element, columns Columns, class Stage, class Partitioner>
auto exchange(Stage&& open, Partitioner partitioner, const edge_note& note) {
  auto closed =
      close_stage(std::move(open), exchange_writer<Element, Columns, Partitioner>(std::move(partitioner)), 1);
  return open_behind<Element, Columns>(*make_edge_of<Element, Columns>(std::move(closed), note));
}

/// Ends a stage that is broadcast and begins the stage behind it.
template <class Element, class Clock, class Stage>
auto broadcast_exchange(broadcast_stage<Element, Clock, Stage>&& open) {
  auto behind = exchange<Element, columns{has_time<Clock>, false}>(std::move(open.stage), broadcast_partitioner{},
                                                                   {.how = partitioning::broadcast});
  behind.draft.set_parallelism(open.next_parallelism);
  return behind;
}

/// Ends a keyed stage with a hash exchange and begins the stage behind it; the key's hash crosses where `WithHash`.
template <class Element, class Clock, bool WithHash, class Stage, class Selector>
auto hash_exchange(keyed_stage<Stage, Selector>&& keyed) {
  auto behind = exchange<Element, columns{has_time<Clock>, WithHash}>(
      std::move(keyed.stage), hash_partitioner<Selector>{std::move(keyed.selector)},
      {.how = partitioning::hash, .key = keyed.key_name});
  behind.draft.set_parallelism(keyed.next_parallelism);
  return behind;
}

/// The stage of a windowed aggregate is built when the next operator is known: split<"late"> behind it takes records as
/// they are, anything else leaves the sender free to aggregate first. `settle<KeepsLate>()` builds it.
template <class Stage>
concept unsettled_stage = requires(Stage&& stage) { std::move(stage).template settle<false>(); };

/// An open, unkeyed stage for the records of a stream. A shared stream is read through a forward edge; a keyed stream
/// whose key the next operator does not use is partitioned by it, as the user asked.
template <any_stream Stream>
auto plain_stage(Stream&& source) {
  using stream_type = std::remove_cvref_t<Stream>;
  using element = typename stream_type::element_type;
  using clock = typename stream_type::clock;
  if constexpr (is_shared_stream<stream_type>) {
    return open_alongside<element, columns{has_time<clock>, false}>(source.source());
  } else if constexpr (is_keyed_stage<typename stream_type::stage_type>) {
    return hash_exchange<element, clock, false>(std::move(source).take_stage());
  } else if constexpr (is_broadcast_stage<typename stream_type::stage_type>) {
    return broadcast_exchange(std::move(source).take_stage());
  } else if constexpr (unsettled_stage<typename stream_type::stage_type>) {
    return std::move(source).take_stage().template settle<false>();
  } else {
    return std::move(source).take_stage();
  }
}

/// The same for a stage whose side outputs are to be read.
template <any_stream Stream>
auto stage_with_side_outputs(Stream&& source) {
  using stream_type = std::remove_cvref_t<Stream>;
  if constexpr (!is_shared_stream<stream_type>) {
    if constexpr (unsettled_stage<typename stream_type::stage_type>) {
      return std::move(source).take_stage().template settle<true>();
    } else {
      return plain_stage(std::forward<Stream>(source));
    }
  } else {
    return plain_stage(std::forward<Stream>(source));
  }
}

/// Appends an operator that emits `Output` to a stream.
template <class Output, any_stream Stream, class Operator>
[[gnu::noinline]] auto append(Stream&& source, Operator operation, operator_note note) {
  using stream_type = std::remove_cvref_t<Stream>;
  auto stage = plain_stage(std::forward<Stream>(source));
  note.output_type = type_name<Output>();
  stage.draft.add(note);
  if constexpr (!std::is_same_v<Output, typename stream_type::element_type>) stage.draft.clear_columns();
  using links = link<typename decltype(stage)::links_type, Operator>;
  open_stage<decltype(stage.head), links> longer{
      std::move(stage.head), links{std::move(stage.links), std::move(operation)}, std::move(stage.draft)};
  return make_stream<Output, no_key, typename stream_type::clock, typename stream_type::guarantee>(std::move(longer));
}

}  // namespace detail
}  // namespace weir

template <>
struct std::tuple_size<weir::detail::broken_pipeline> : std::integral_constant<std::size_t, 2> {};
template <std::size_t Index>
struct std::tuple_element<Index, weir::detail::broken_pipeline> {
  using type = weir::detail::broken_pipeline;
};
