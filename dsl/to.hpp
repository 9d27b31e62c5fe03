#pragma once
// to: ends a pipeline in a sink.
#include <concepts>
#include <cstdint>
#include <memory>
#include <optional>
#include <source_location>
#include <string>
#include <string_view>
#include <utility>

#include "weir/core/fixed_string.hpp"
#include "weir/dsl/operator.hpp"
#include "weir/runtime/sink.hpp"

namespace weir {
namespace detail {

/// A writer whose results appear exactly once.
template <class Writer>
concept two_phase_writer = requires(Writer& writer, const prepare_request& request) {
  { writer.prepare(request) } -> std::convertible_to<prepared_part>;
};
/// One that has something to do at certain times.
template <class Writer>
concept timed_writer = requires(Writer& writer, processing_clock::time_point now) {
  { std::as_const(writer).next_timer() } -> std::same_as<processing_clock::time_point>;
  writer.on_timer(now);
};

template <class Element, class Sink>
using writer_of = decltype(std::declval<const Sink&>().template open<Element>(std::declval<sink_context&>()));

template <class Writer>
inline constexpr bool prepares_wrongly = !two_phase_writer<Writer> && requires { &Writer::prepare; };

template <class Element, class Sink>
constexpr bool can_write() {
  if constexpr (Sink::template accepts<Element>) {
    return !prepares_wrongly<writer_of<Element, Sink>>;
  } else {
    return false;
  }
}

template <class Writer>
struct writer_prepares_wrongly {
  static_assert(never<Writer>,
                "weir: to<\"uid\">(sink): the sink's writer has a prepare that cannot be called; write "
                "std::string prepare(const prepare_request&)");
};

/// The terminal that writes to a sink. Copies share the description only: each subtask opens its own writer.
template <class Element, class Sink>
class sink_operator {
 public:
  using writer_type = writer_of<Element, Sink>;

  /// Whether its results appear exactly once.
  static constexpr bool two_phase = two_phase_writer<writer_type>;
  static constexpr bool timed = timed_writer<writer_type>;

  /// `uid` lives as long as the program.
  sink_operator(Sink sink, std::string_view uid, column_list columns)
      : sink_(std::move(sink)), uid_(uid), columns_(std::move(columns)) {}
  [[gnu::noinline]] sink_operator(const sink_operator& other) : sink_(other.sink_), uid_(other.uid_), columns_(other.columns_) {}
  [[gnu::noinline]] sink_operator(sink_operator&& other) noexcept
      : sink_(std::move(other.sink_)), uid_(other.uid_), columns_(std::move(other.columns_)) {}
  [[gnu::noinline]] ~sink_operator() = default;
  sink_operator& operator=(const sink_operator&) = delete;
  sink_operator& operator=(sink_operator&&) = delete;

  void open(operator_context& context) {
    shared_ = &shared_sink::of(context);
    sink_context own = shared_->context_of(context.subtask, uid_, *columns_);
    writer_.emplace(sink_.template open<Element>(own));
    if constexpr (two_phase) shared_->require_committer(uid_, own.checkpoints);
  }

  [[gnu::always_inline]] auto batch_local() {
    if constexpr (requires { writer_->batch_local(); }) {
      return writer_->batch_local();
    } else {
      return by_reference<sink_operator>{this};
    }
  }
  template <class Local>
  [[gnu::always_inline]] void absorb(Local& local, std::uint64_t in) {
    if constexpr (requires { writer_->absorb(local); }) writer_->absorb(local);
    unflushed_ = unflushed_ || in > 0;
  }

  template <class Record, class Out>
  [[gnu::always_inline]] void process(Record&& record, const Out&) {
    writer_->write(std::forward<Record>(record));
  }

  static constexpr bool ready() noexcept { return true; }
  static constexpr bool spilling() noexcept { return false; }
  bool holds_output() const noexcept { return unflushed_; }
  void mark(mark_kind, timestamp) noexcept {}
  bool flush(flush_reason) {
    writer_->flush();
    unflushed_ = false;
    return true;
  }
  void close() {
    writer_->close();
    if constexpr (two_phase) {
      if (commit_at_end* const end = shared_->at_end()) end->add(writer_->prepare({.finished = true}));
    }
  }

  processing_clock::time_point next_processing_timer() const
    requires(timed)
  {
    return writer_->next_timer();
  }
  template <class Out>
    requires(timed)
  advance_result on_processing_time(processing_clock::time_point now, const Out&) {
    writer_->on_timer(now);
    return {};
  }

  void begin_snapshot(const operator_snapshot& out)
    requires(two_phase)
  {
    out.part(std::string(prepared_part_name), writer_->prepare({.checkpoint = out.checkpoint(), .completed = out.completed()}));
  }
  void finish_snapshot(const operator_snapshot& out)
    requires(two_phase)
  {
    out.part(std::string(prepared_part_name), writer_->prepare({.completed = out.completed(), .finished = true}));
  }
  void restore(const operator_restore& from)
    requires(two_phase && requires(writer_type& writer) { writer.take_over(std::string_view(), true); })
  {
    for (const auto& [subtask, prepared] : from.parts(prepared_part_name)) {
      writer_->take_over(prepared, subtask % from.parallelism() == from.subtask());
    }
  }

 private:
  Sink sink_;
  std::string_view uid_;
  column_list columns_;
  shared_sink* shared_ = nullptr;
  std::optional<writer_type> writer_;
  bool unflushed_ = false;
};

template <class Element, class Sink>
struct sink_rejected {
  static_assert(never<Element, Sink>,
                "weir: to<\"uid\">(sink): this sink cannot write the stream's element type; a text sink needs a record "
                "(BOOST_HANA_DEFINE_STRUCT), a number or a string; map(f) to one before it");
};

template <class Type>
struct no_sink {
  static_assert(never<Type>,
                "weir: to<\"uid\">(x): x is no sink; give into(container), print(), for_each(f), or a connector such as "
                "csv(\"out.csv\")");
};
template <class Sink>
struct to_without_uid {
  static_assert(never<Sink>, "weir: to(sink): a sink needs a name; write to<\"uid\">(sink)");
};

template <fixed_string Uid, class Sink>
struct to_description : operator_tag {
  static constexpr bool ends_pipeline = true;
  Sink sink;
  std::source_location where;
  to_description(Sink s, std::source_location w) : sink(std::move(s)), where(w) {}

  template <class Element>
  using guarantee = guarantee_of_sink<Uid, Sink, sink_operator<Element, Sink>::two_phase>;

  template <class Stream>
  static constexpr bool accepts = can_write<typename Stream::element_type, Sink>();
  template <class Stream>
  static void explain() {
    using element = typename Stream::element_type;
    if constexpr (Sink::template accepts<element>) {
      static_cast<void>(writer_prepares_wrongly<writer_of<element, Sink>>{});
    } else if constexpr (requires { Sink::template explain<element>(); }) {
      Sink::template explain<element>();
    } else {
      static_cast<void>(sink_rejected<element, Sink>{});
    }
  }

  template <class Element>
  auto make_operator(column_list columns) const {
    return sink_operator<Element, Sink>(sink, Uid.view(), std::move(columns));
  }
  template <class Element>
  void describe(stage_draft& draft) const {
    draft.add({.kind = "to",
               .detail = sink.describe(),
               .uid = Uid.with_former(),
               .where = where,
               .commits = sink_operator<Element, Sink>::two_phase,
               .shows_at_end = requires { requires Sink::shows_at_end; }});
  }

  template <class Stream>
  auto apply(Stream&& source) && {
    using stream_type = std::remove_cvref_t<Stream>;
    using element = typename stream_type::element_type;
    auto stage = plain_stage(std::forward<Stream>(source));
    describe<element>(stage.draft);
    auto terminal = make_operator<element>(stage.draft.columns());
    return delivered_pipeline<weakest<typename stream_type::guarantee, guarantee<element>>>(
        close_stage(std::move(stage), std::move(terminal), 0));
  }
};

}  // namespace detail

/// Ends a pipeline in `sink`. The uid names the sink in snapshots, metrics and messages.
template <fixed_string Uid, class Sink>
auto to(Sink sink, std::source_location where = std::source_location::current()) {
  static_assert(Uid.view().size() > 0, "weir: to<\"\">(sink): a sink needs a name; write to<\"uid\">(sink)");
  if constexpr (requires { Sink::template accepts<int>; }) {
    return detail::to_description<Uid, Sink>(std::move(sink), where);
  } else {
    static_cast<void>(detail::no_sink<Sink>{});
    return detail::broken_pipeline{};
  }
}
template <class Sink>
detail::broken_pipeline to(const Sink&) {
  static_cast<void>(detail::to_without_uid<Sink>{});
  return {};
}

}  // namespace weir
