#pragma once
// share: one stream, several readers. split: takes a side output out of the stage before it. union_: several streams
// of one type as one.
#include <algorithm>
#include <string>
#include <tuple>
#include <utility>

#include "weir/core/fixed_string.hpp"
#include "weir/dsl/operator.hpp"
#include "weir/runtime/source.hpp"

namespace weir {

/// A record that a source could not read: where it stood, its text, and what was wrong with it.
using malformed_record = detail::malformed_record;

namespace detail {

/// The terminal of a stage whose output any number of stages read, also none: each gets every record.
template <class Element, columns Columns>
class shared_writer {
 public:
  using batch_type = batch<Element, Columns>;

  explicit shared_writer(std::size_t port = 0) : port_(port) {}

  void open(operator_context& context) { outputs_.open(context, port_); }

  template <class Record, class Out>
  [[gnu::always_inline]] void process(Record&& record, const Out& out) {
    write(std::forward<Record>(record), out.meta());
  }
  template <class Record, class Meta>
  [[gnu::always_inline]] void write(Record&& record, const Meta& meta) {
    if (outputs_.size() == 0) return;
    for (std::size_t reader = 0; reader + 1 < outputs_.size(); ++reader) {
      outputs_[reader].template append<batch_type>(std::as_const(record), narrow<Columns>(meta));
    }
    outputs_[outputs_.size() - 1].template append<batch_type>(std::forward<Record>(record), narrow<Columns>(meta));
  }

  std::size_t records_per_call() const noexcept { return outputs_.batch_records(); }
  bool ready() { return outputs_.ready(); }
  bool spilling() const { return outputs_.spilling(); }
  bool holds_output() const { return outputs_.holds_output(); }
  void mark(mark_kind kind, timestamp time) { outputs_.mark(kind, time); }
  bool flush(flush_reason reason) { return outputs_.flush(reason); }
  void close() noexcept {}

 private:
  std::size_t port_;
  output_set outputs_;
};

struct share_description : operator_tag {
  static constexpr bool leaves_stage = true;
  template <class Stream>
  static constexpr bool accepts = true;
  template <class Stream>
  auto apply(Stream&& source) && {
    using stream_type = std::remove_cvref_t<Stream>;
    using element = typename stream_type::element_type;
    constexpr columns kept{has_time<typename stream_type::clock>, false};
    auto stage = plain_stage(std::forward<Stream>(source));
    auto closed = close_stage(std::move(stage), shared_writer<element, kept>{}, 1);
    return shared_stream<element, typename stream_type::clock, typename stream_type::guarantee>(
        make_edge_of<element, kept>(std::move(closed), {}));
  }
};

// ---- split ----------------------------------------------------------------------------------------------------------

/// The terminal of a stage with a side output: the main writer and the writer of the side output, on two ports.
template <fixed_string Tag, class Main, class Side>
class splitting_writer {
 public:
  splitting_writer(Main main, Side side) : main_(std::move(main)), side_(std::move(side)) {}

  void open(operator_context& context) {
    main_.open(context);
    side_.open(context);
  }
  template <class Record, class Out>
  [[gnu::always_inline]] void process(Record&& record, const Out& out) {
    main_.process(std::forward<Record>(record), out);
  }
  template <fixed_string Wanted>
    requires(Wanted.view() == Tag.view())
  Side& side() {
    return side_;
  }

  std::size_t records_per_call() const noexcept {
    return std::min(main_.records_per_call(), side_.records_per_call());
  }
  bool ready() {
    const bool main = main_.ready();
    return side_.ready() && main;
  }
  bool spilling() const { return main_.spilling() || side_.spilling(); }
  bool holds_output() const { return main_.holds_output() || side_.holds_output(); }
  void mark(mark_kind kind, timestamp time) {
    main_.mark(kind, time);
    side_.mark(kind, time);
  }
  bool flush(flush_reason reason) {
    const bool main = main_.flush(reason);
    return side_.flush(reason) && main;
  }
  void close() noexcept {}

 private:
  Main main_;
  Side side_;
};

/// The element type of a side output named `Tag` of the stage under construction; void when it has none.
template <fixed_string Tag, class Stage>
struct side_element {
  using type = void;
};
template <fixed_string Tag, class Head, class Previous, class Operator>
struct side_element<Tag, open_stage<Head, link<Previous, Operator>>> {
  static auto find() {
    if constexpr (requires { typename Operator::template side_output<Tag>; }) {
      if constexpr (!std::is_void_v<typename Operator::template side_output<Tag>>) {
        return std::type_identity<typename Operator::template side_output<Tag>>{};
      } else {
        return std::type_identity<typename side_element<Tag, open_stage<Head, Previous>>::type>{};
      }
    } else {
      return std::type_identity<typename side_element<Tag, open_stage<Head, Previous>>::type>{};
    }
  }
  using type = typename decltype(find())::type;
};
template <fixed_string Tag, class Source, class Time>
struct side_element<Tag, open_stage<source_head<Source, Time>, no_operators>> {
  using type = std::conditional_t<Tag.view() == "malformed" && requires { requires Source::reports_malformed; },
                                  malformed_record, void>;
};

template <fixed_string Tag, unsettled_stage Stage>
struct side_element<Tag, Stage> {
  using type = typename Stage::template side_output<Tag>;
};

template <class Stream>
struct no_such_side_output {
  static_assert(never<Stream>,
                "weir: split<\"tag\">(): no operator of this stage has a side output of that name; put split right "
                "behind the operator or source that has it (\"late\" behind a window's aggregate, \"malformed\" behind a "
                "csv or json_lines source)");
};

template <fixed_string Tag>
struct split_description : operator_tag {
  static constexpr bool leaves_stage = true;
  template <class Stream>
  static constexpr bool accepts = [] {
    if constexpr (is_shared_stream<Stream>) {
      return false;
    } else {
      return !std::is_void_v<typename side_element<Tag, typename Stream::stage_type>::type>;
    }
  }();
  template <class Stream>
  static void explain() {
    static_cast<void>(no_such_side_output<Stream>{});
  }
  template <class Stream>
  auto apply(Stream&& source) && {
    using element = typename Stream::element_type;
    using side = typename side_element<Tag, typename Stream::stage_type>::type;
    using clock = typename Stream::clock;
    using guarantee = typename Stream::guarantee;
    // A malformed record has no event time; a late one keeps its own.
    using side_clock = std::conditional_t<std::is_same_v<side, malformed_record>, no_clock, clock>;
    constexpr columns main_columns{has_time<clock>, false};
    constexpr columns side_columns{has_time<side_clock>, false};
    using main_writer = shared_writer<element, main_columns>;
    using side_writer = shared_writer<side, side_columns>;

    auto closed = close_stage(
        stage_with_side_outputs(std::move(source)), splitting_writer<Tag, main_writer, side_writer>(main_writer(0), side_writer(1)), 2);
    const auto main_edge = make_edge_of<element, main_columns>(closed, {});
    const auto side_edge = make_edge_of<side, side_columns>(std::move(closed), {.port = 1, .port_name = Tag.view()});
    return std::pair(make_stream<element, no_key, clock, guarantee>(
                         open_alongside<element, main_columns>(*main_edge)),
                     make_stream<side, no_key, side_clock, guarantee>(
                         open_alongside<side, side_columns>(*side_edge)));
  }
};

// ---- union ----------------------------------------------------------------------------------------------------------

template <class Left, class Right>
struct union_of_different_streams {
  static_assert(never<Left, Right>,
                "weir: union_(...): the streams differ in element type or event time; map them to one type first");
};

template <class... Types>
struct union_of_no_stream {
  static_assert(never<Types...>,
                "weir: union_(...) takes streams, which begin with from(...); pipe the operators behind it");
};

template <class... Others>
struct union_description : operator_tag {
  static constexpr bool leaves_stage = true;
  std::tuple<Others...> others;
  explicit union_description(Others... streams) : others(std::move(streams)...) {}

  template <class Stream, class Other>
  static constexpr bool alike = std::is_same_v<typename Stream::element_type, typename Other::element_type> &&
                                std::is_same_v<typename Stream::clock, typename Other::clock>;
  template <class Stream>
  static constexpr bool accepts = (alike<Stream, Others> && ...);
  template <class Stream>
  static void explain() {
    static_cast<void>(union_of_different_streams<Stream, std::tuple<Others...>>{});
  }
  template <class Stream>
  auto apply(Stream&& source) && {
    using stream_type = std::remove_cvref_t<Stream>;
    using element = typename stream_type::element_type;
    using clock = typename stream_type::clock;
    constexpr columns kept{has_time<clock>, false};
    const edge_note dealt_out{.how = partitioning::rebalance};
    auto behind =
        exchange<element, kept>(plain_stage(std::forward<Stream>(source)), rebalance_partitioner{}, dealt_out);
    std::apply(
        [&](auto&... other) {
          (behind.draft.add_inputs_of(
               exchange<element, kept>(plain_stage(std::move(other)), rebalance_partitioner{}, dealt_out).draft),
           ...);
        },
        others);
    using guarantee = weakest<typename stream_type::guarantee, typename Others::guarantee...>;
    return make_stream<element, no_key, clock, guarantee>(std::move(behind));
  }
};

}  // namespace detail

/// Ends the stage and makes a handle that may be used several times; each use reads every record.
inline auto share() { return detail::share_description{}; }

/// Ends the stage and returns a pair: the stream itself, and its side output `Tag` ("late", "malformed", or one that
/// an operator declares).
///   auto [views, late] = std::move(s) | ... | aggregate<"views">(count()) | split<"late">();
template <fixed_string Tag>
auto split() {
  return detail::split_description<Tag>{};
}

/// One stream of the records of several streams of one element type. Its event time is the least of theirs; nothing
/// is said about their order among each other.
template <class... Streams>
auto union_(Streams&&... streams) {
  if constexpr ((std::is_same_v<std::remove_cvref_t<Streams>, detail::broken_pipeline> || ...)) {
    return detail::broken_pipeline{};
  } else if constexpr (!(detail::any_stream<Streams> && ...)) {
    static_cast<void>(detail::union_of_no_stream<std::remove_cvref_t<Streams>...>{});
    return detail::broken_pipeline{};
  } else if constexpr (!(std::is_constructible_v<std::remove_cvref_t<Streams>, Streams> && ...)) {
    static_cast<void>(detail::stream_used_twice<std::tuple<std::remove_cvref_t<Streams>...>>{});
    return detail::broken_pipeline{};
  } else {
    return detail::union_description<std::remove_cvref_t<Streams>...>(std::forward<Streams>(streams)...);
  }
}

}  // namespace weir
