#pragma once
// connect: two streams into one operator. Each record becomes an `either` of both types, and both streams meet, parted by
// the same key, in one stage; its watermark is the least of both, its barriers are aligned. What follows is an operator
// with two inputs: co_process, interval_join, temporal_join, or window(...) and then co_group or window_join.
//   connect(std::move(orders) | key_by(&order::customer), std::move(payments) | key_by(&payment::customer))
//       | co_process<"settled">(settlement{})
#include <optional>
#include <source_location>
#include <string>
#include <type_traits>
#include <utility>

#include "weir/core/either.hpp"
#include "weir/core/error.hpp"
#include "weir/dsl/key_by.hpp"
#include "weir/dsl/operator.hpp"
#include "weir/runtime/partitioners.hpp"

namespace weir {
namespace detail {

/// Makes records of one side records of both.
template <class Both, bool IsLeft>
struct side_operator {
  static constexpr bool stateless = true;

  template <class Record, class Out>
  [[gnu::always_inline]] void process(Record&& record, const Out& out) const {
    if constexpr (IsLeft) {
      out(Both::of_left(std::forward<Record>(record)));
    } else {
      out(Both::of_right(std::forward<Record>(record)));
    }
  }
};

/// The key of whichever side a record is of.
template <class LeftSelector, class RightSelector>
struct either_selector {
  [[no_unique_address]] LeftSelector left_key;
  [[no_unique_address]] RightSelector right_key;

  template <class Left, class Right>
  [[gnu::always_inline]] decltype(auto) operator()(const either<Left, Right>& record) const {
    using left_result = decltype(left_key(record.left()));
    if constexpr (std::is_same_v<left_result, decltype(right_key(record.right()))>) {
      return record.is_left() ? left_key(record.left()) : right_key(record.right());
    } else {
      using key = std::remove_cvref_t<left_result>;
      return record.is_left() ? key(left_key(record.left())) : key(right_key(record.right()));
    }
  }
};

/// Ends two open stages with the same exchange and begins the stage behind it.
template <class Element, columns Columns, class Left, class Right, class Partitioner>
auto exchange(connected_stages<Left, Right>&& both, Partitioner partitioner, const edge_note& note) {
  edge_note left_note = note;
  edge_note right_note = note;
  if (!both.left_key.empty()) left_note.key = both.left_key;
  if (!both.right_key.empty()) right_note.key = both.right_key;
  auto behind = exchange<Element, Columns>(std::move(both.left), partitioner, left_note);
  behind.draft.add_inputs_of(
      exchange<Element, Columns>(std::move(both.right), std::move(partitioner), right_note).draft);
  behind.draft.clear_columns();
  return behind;
}

/// Appends the operator that makes records of both sides.
template <class Both, bool IsLeft, class Head, class Links>
auto tag_side(open_stage<Head, Links>&& stage, std::source_location where) {
  stage.draft.add({.kind = "connect", .output_type = type_name<Both>(), .where = where});
  stage.draft.clear_columns();
  using links = link<Links, side_operator<Both, IsLeft>>;
  return open_stage<Head, links>{std::move(stage.head), links{std::move(stage.links), {}}, std::move(stage.draft)};
}
template <class Both, bool IsLeft, class Left, class Right>
auto tag_side(connected_stages<Left, Right>&& stages, std::source_location where) {
  auto left = tag_side<Both, IsLeft>(std::move(stages.left), where);
  auto right = tag_side<Both, IsLeft>(std::move(stages.right), where);
  return connected_stages<decltype(left), decltype(right)>{std::move(left), std::move(right), std::move(stages.left_key),
                                                           std::move(stages.right_key)};
}

/// Throws weir::error where both sides ask for another number of subtasks.
std::optional<std::size_t> parallelism_of_both(std::optional<std::size_t> left, std::optional<std::size_t> right);

// ---- misuse ---------------------------------------------------------------------------------------------------------

template <class... Streams>
struct connect_of_no_stream {
  static_assert(never<Streams...>,
                "weir: connect(left, right) takes two streams, which begin with from(...); pipe the operators behind them");
};
template <class Left, class Right>
struct connect_of_different_keys {
  static_assert(never<typename Left::key_type, typename Right::key_type>,
                "weir: connect(left, right): the streams have keys of different types, so equal keys would not meet; "
                "let both key_by(f) return the same type");
};
template <class Left, class Right>
struct connect_of_keyed_and_plain {
  static_assert(never<Left, Right>,
                "weir: connect(left, right): one stream has a key and the other has none; put key_by(f) behind both, "
                "or behind neither, or broadcast() behind the second if all subtasks need all of it");
};
template <class Left, class Right>
struct connect_of_different_clocks {
  static_assert(never<typename Left::clock, typename Right::clock>,
                "weir: connect(left, right): one stream has event time and the other has none; give both sources "
                "event_time(...), or neither");
};
template <class Left, class Right>
struct connect_of_windows {
  static_assert(never<Left, Right>,
                "weir: connect(left, right): a stream has a window already; write connect(left, right) | window(...)");
};

template <class Left, class Right>
struct connect_of_broadcast_first {
  static_assert(never<Left, Right>,
                "weir: connect(left, right): the stream that is broadcast comes second; write connect(stream, other | "
                "broadcast())");
};

/// What has a key_by at its end, as the stage of a stream.
template <class Stream>
constexpr bool ends_keyed() {
  if constexpr (is_shared_stream<Stream>) {
    return false;
  } else {
    return is_keyed_stage<typename Stream::stage_type>;
  }
}

/// What has a broadcast() at its end.
template <class Stream>
constexpr bool ends_in_broadcast() {
  if constexpr (is_shared_stream<Stream>) {
    return false;
  } else {
    return is_broadcast_stage<typename Stream::stage_type>;
  }
}

/// Whether the streams fit; if not, and `Explain`, a static assertion says what is wrong first.
template <bool Explain, class Left, class Right>
constexpr bool check_connect() {
  if constexpr (windowed_stream<Left> || windowed_stream<Right>) {
    if constexpr (Explain) static_cast<void>(connect_of_windows<Left, Right>{});
    return false;
  } else if constexpr (broadcast_connected_stream<Left> || broadcast_connected_stream<Right>) {
    if constexpr (Explain) static_cast<void>(broadcast_connection_without_process<std::pair<Left, Right>>{});
    return false;
  } else if constexpr (ends_in_broadcast<Left>()) {
    if constexpr (Explain) static_cast<void>(connect_of_broadcast_first<Left, Right>{});
    return false;
  } else if constexpr (!std::is_same_v<typename Left::clock, typename Right::clock>) {
    if constexpr (Explain) static_cast<void>(connect_of_different_clocks<Left, Right>{});
    return false;
  } else if constexpr (ends_in_broadcast<Right>()) {
    return true;
  } else if constexpr (ends_keyed<Left>() != ends_keyed<Right>()) {
    if constexpr (Explain) static_cast<void>(connect_of_keyed_and_plain<Left, Right>{});
    return false;
  } else if constexpr (ends_keyed<Left>() && !std::is_same_v<typename Left::key_type, typename Right::key_type>) {
    if constexpr (Explain) static_cast<void>(connect_of_different_keys<Left, Right>{});
    return false;
  } else {
    return true;
  }
}

/// The second stream is broadcast.
template <class Left, class Right>
auto connect_broadcast(Left&& left, Right&& right, std::source_location where) {
  using left_stream = std::remove_cvref_t<Left>;
  using right_stream = std::remove_cvref_t<Right>;
  using both = either<typename left_stream::element_type, typename right_stream::element_type>;
  using guarantee = weakest<typename left_stream::guarantee, typename right_stream::guarantee>;
  auto broadcast = std::move(right).take_stage();
  auto broadcast_side = tag_side<both, false>(std::move(broadcast.stage), where);
  const auto connect_to = [&]<class Stage>(Stage stage, std::optional<std::size_t> parallelism) {
    return make_stream<both, typename left_stream::key_type, typename left_stream::clock, guarantee>(
        broadcast_connection<Stage, decltype(broadcast_side)>{
            std::move(stage), std::move(broadcast_side), parallelism_of_both(parallelism, broadcast.next_parallelism)});
  };
  if constexpr (ends_keyed<left_stream>()) {
    auto keyed = std::move(left).take_stage();
    auto tagged = tag_side<both, true>(std::move(keyed.stage), where);
    using selector = decltype(keyed.selector);
    return connect_to(keyed_stage<decltype(tagged), selector>{std::move(tagged), std::move(keyed.selector),
                                                              std::move(keyed.key_name), {}},
                      keyed.next_parallelism);
  } else {
    return connect_to(tag_side<both, true>(plain_stage(std::forward<Left>(left)), where), std::nullopt);
  }
}

template <class Left, class Right>
auto connect_streams(Left&& left, Right&& right, std::source_location where) {
  using left_stream = std::remove_cvref_t<Left>;
  using right_stream = std::remove_cvref_t<Right>;
  using both = either<typename left_stream::element_type, typename right_stream::element_type>;
  using clock = typename left_stream::clock;
  using guarantee = weakest<typename left_stream::guarantee, typename right_stream::guarantee>;
  if constexpr (ends_keyed<left_stream>()) {
    auto keyed_left = std::move(left).take_stage();
    auto keyed_right = std::move(right).take_stage();
    auto left_side = tag_side<both, true>(std::move(keyed_left.stage), where);
    auto right_side = tag_side<both, false>(std::move(keyed_right.stage), where);
    using stages = connected_stages<decltype(left_side), decltype(right_side)>;
    using selector = either_selector<decltype(keyed_left.selector), decltype(keyed_right.selector)>;
    keyed_stage<stages, selector> keyed{
        stages{std::move(left_side), std::move(right_side), keyed_left.key_name, keyed_right.key_name},
        selector{std::move(keyed_left.selector), std::move(keyed_right.selector)}, keyed_left.key_name,
        parallelism_of_both(keyed_left.next_parallelism, keyed_right.next_parallelism)};
    return make_stream<both, typename left_stream::key_type, clock, guarantee>(std::move(keyed));
  } else {
    auto left_side = tag_side<both, true>(plain_stage(std::forward<Left>(left)), where);
    auto right_side = tag_side<both, false>(plain_stage(std::forward<Right>(right)), where);
    using stages = connected_stages<decltype(left_side), decltype(right_side)>;
    auto behind = exchange<both, columns{has_time<clock>, false}>(
        stages{std::move(left_side), std::move(right_side), {}, {}}, rebalance_partitioner{},
        {.how = partitioning::rebalance});
    return make_stream<both, no_key, clock, guarantee>(std::move(behind));
  }
}

}  // namespace detail

/// One stream of the records of two, as `either<Left, Right>`, for an operator with two inputs. Streams with a key must
/// have keys of one type: equal keys of both then meet in one subtask. Its event time is the least of both; nothing is
/// said about the order of records of different sides. Streams without key are dealt out to all subtasks in turn. With
/// connect(stream, other | broadcast()) every subtask gets all records of the other one, for broadcast_process.
template <class Left, class Right>
auto connect(Left&& left, Right&& right, std::source_location where = std::source_location::current()) {
  using left_stream = std::remove_cvref_t<Left>;
  using right_stream = std::remove_cvref_t<Right>;
  if constexpr (std::is_same_v<left_stream, detail::broken_pipeline> ||
                std::is_same_v<right_stream, detail::broken_pipeline>) {
    return detail::broken_pipeline{};
  } else if constexpr (!detail::any_stream<left_stream> || !detail::any_stream<right_stream>) {
    static_cast<void>(detail::connect_of_no_stream<left_stream, right_stream>{});
    return detail::broken_pipeline{};
  } else if constexpr (!std::is_constructible_v<left_stream, Left> || !std::is_constructible_v<right_stream, Right>) {
    static_cast<void>(detail::stream_used_twice<std::pair<left_stream, right_stream>>{});
    return detail::broken_pipeline{};
  } else if constexpr (!detail::check_connect<false, left_stream, right_stream>()) {
    detail::check_connect<true, left_stream, right_stream>();
    return detail::broken_pipeline{};
  } else if constexpr (detail::ends_in_broadcast<right_stream>()) {
    return detail::connect_broadcast(std::forward<Left>(left), std::forward<Right>(right), where);
  } else {
    return detail::connect_streams(std::forward<Left>(left), std::forward<Right>(right), where);
  }
}

}  // namespace weir
