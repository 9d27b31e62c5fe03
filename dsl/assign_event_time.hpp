#pragma once
// assign_event_time: gives the records of a stream event time, or another one than they had. Whatever watermarks come
// from above end here; only the final one passes.
//
// The operator closes its stage: it is the terminal, so that the operators before it go on in the old time, and those
// behind it begin in the new one.
#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <source_location>
#include <string>
#include <type_traits>
#include <utility>

#include "weir/core/codec.hpp"
#include "weir/core/fixed_string.hpp"
#include "weir/dsl/event_time.hpp"
#include "weir/dsl/operator.hpp"
#include "weir/runtime/exchange_writer.hpp"
#include "weir/runtime/graph.hpp"

namespace weir {
namespace detail {

/// The terminal that makes watermarks. One generator for each subtask.
template <class Element, class Policy>
class time_assigning_writer {
  using generator_type = generator_of<decltype(Policy::strategy)>;

 public:
  explicit time_assigning_writer(Policy policy) : policy_(std::move(policy)), generator_(policy_.strategy) {}

  void open(operator_context& context) {
    writer_.open(context);
    metrics_ = context.subtask.metrics;
    metrics_->gives_time = true;
    clock_ = context.subtask.clock;
    const bool live = reads_live_input(*context.subtask.of);
    looks_ = live || policy_.idle.has_value();
    if (policy_.idle) {
      const auto quarter = std::chrono::duration_cast<std::chrono::milliseconds>(policy_.idle->timeout() / 4);
      look_every_ = std::clamp(quarter, std::chrono::milliseconds(1), live_interval);
      look_again();
    }
    // A batch takes few marks: what one call writes is to fit into the one that there is room for.
    const std::size_t records_max = writer_.records_per_call();
    const std::size_t marks_max = batch_base::marks_max - 1;
    records_per_call_ = policy_.interval < records_max / marks_max + 1
                            ? std::min(records_max, marks_max * policy_.interval)
                            : records_max;
  }

  template <class Record, class Out>
  [[gnu::always_inline]] void process(Record&& record, const Out&) {
    if (looks_) note_activity();
    const timestamp time = policy_.extractor(std::as_const(record));
    const bool punctuated = generator_.observe(std::as_const(record), time);
    writer_.write(std::forward<Record>(record), record_meta<columns{true, false}>{time});
    if (++since_watermark_ >= policy_.interval || punctuated) give_watermark();
  }

  std::size_t records_per_call() const noexcept { return records_per_call_; }
  bool ready() { return writer_.ready(); }
  bool spilling() const { return writer_.spilling(); }
  bool holds_output() const { return writer_.holds_output(); }
  bool flush(flush_reason reason) { return writer_.flush(reason); }
  void close() noexcept { writer_.close(); }

  /// The time of the stream above is none of this one's, but its end is.
  void mark(mark_kind kind, timestamp time) {
    const bool old_time =
        (kind == mark_kind::watermark && time != max_timestamp) || kind == mark_kind::idle || kind == mark_kind::active;
    if (old_time) return;
    if (kind == mark_kind::watermark) given_ = time;
    writer_.mark(kind, time);
  }

  // ---- while no record comes
  // ------------------------------------------------------------------------------------------

  processing_clock::time_point next_processing_timer() const noexcept { return next_look_; }

  template <class Out>
  advance_result on_processing_time(processing_clock::time_point now, const Out&) {
    if (now < next_look_) return {};
    next_look_ = processing_clock::time_point::max();
    if (since_watermark_ > 0) give_watermark();
    if (policy_.idle) {
      if (policy_.idle->check(now.time_since_epoch())) {
        idle_ = true;
        writer_.mark(mark_kind::idle, {});
        return {};
      }
      look_again();
    } else if (std::exchange(active_, false)) {
      look_again();
    }
    return {};
  }

  // ---- snapshots
  // ------------------------------------------------------------------------------------------------------

  void begin_snapshot(const operator_snapshot& out) { put_state(out); }
  bool snapshot_slice(const operator_snapshot&) { return true; }
  void finish_snapshot(const operator_snapshot& out) { put_state(out); }

  /// At another parallelism every subtask goes on where the slowest was that had not ended.
  void restore(const operator_restore& from) {
    timestamp least = max_timestamp;
    for (const auto& [subtask, bytes] : from.parts(state_name)) {
      std::string_view in = bytes;
      const auto given = decode<timestamp>(in);
      const auto since = decode<std::uint64_t>(in);
      const bool own = from.same_parallelism() && subtask == from.subtask();
      if (!own && (from.same_parallelism() || given >= least)) continue;
      least = given;
      given_ = given;
      since_watermark_ = since;
      generator_ = generator_type(policy_.strategy);
      generator_.restore(in);
    }
  }

 private:
  static constexpr const char* state_name = "assigned time";
  /// How often live input is looked at for a watermark that waits for more records.
  static constexpr std::chrono::milliseconds live_interval{200};

  [[gnu::noinline]] void give_watermark() {
    since_watermark_ = 0;
    const timestamp now = generator_.current();
    if (now <= given_) return;
    given_ = now;
    writer_.mark(mark_kind::watermark, now);
    metrics_->give(now);
  }

  void note_activity() {
    active_ = true;
    if (policy_.idle) policy_.idle->activity();
    if (std::exchange(idle_, false)) writer_.mark(mark_kind::active, {});
    if (next_look_ == processing_clock::time_point::max()) look_again();
  }
  void look_again() { next_look_ = clock_->now() + look_every_; }

  void put_state(const operator_snapshot& out) const {
    std::string bytes;
    encode(given_, bytes);
    encode(static_cast<std::uint64_t>(since_watermark_), bytes);
    bytes += generator_.state();
    out.part(state_name, std::move(bytes));
  }

  Policy policy_;
  generator_type generator_;
  exchange_writer<Element, columns{true, false}, forward_partitioner> writer_{forward_partitioner{}};
  stage_metrics* metrics_ = nullptr;
  const clock* clock_ = nullptr;
  std::size_t records_per_call_ = 0;
  std::size_t since_watermark_ = 0;
  timestamp given_ = min_timestamp;  // the last watermark
  std::chrono::milliseconds look_every_ = live_interval;
  processing_clock::time_point next_look_ = processing_clock::time_point::max();
  bool looks_ = false;   // at the clock
  bool active_ = false;  // a record has come since the last look
  bool idle_ = false;
};

template <class... Types>
struct assign_event_time_without_uid {
  static_assert(
      never<Types...>,
      "weir: assign_event_time(...) has state, which needs a name; write assign_event_time<\"uid\">(event_time(f, "
      "out_of_orderness(5s)))");
};
template <class Time>
struct assign_event_time_of_no_time {
  static_assert(never<Time>,
                "weir: assign_event_time<\"uid\">(t): t says no event time; write event_time(f, out_of_orderness(5s))");
};
template <class Time>
struct assign_event_time_of_splits {
  static_assert(
      never<Time>,
      "weir: assign_event_time<\"uid\">(event_time(...)): align(...) and time_ordered() are about the splits of a "
      "source; write them where from(...) reads it");
};

template <class Time>
inline constexpr bool is_event_time = false;
template <class Function, class Strategy, bool OfSplits>
inline constexpr bool is_event_time<event_time_description<Function, Strategy, OfSplits>> = true;

template <fixed_string Uid, class Time>
struct assign_event_time_description : operator_tag {
  static constexpr bool leaves_stage = true;
  Time time;
  std::source_location where;
  assign_event_time_description(Time t, std::source_location w) : time(std::move(t)), where(w) {}

  template <class Stream>
  static constexpr bool accepts = Time::template accepts<typename Stream::element_type>;
  template <class Stream>
  static void explain() {
    Time::template explain<typename Stream::element_type>();
  }

  template <class Stream>
  auto apply(Stream&& source) && {
    using stream_type = std::remove_cvref_t<Stream>;
    using element = typename stream_type::element_type;
    using writer = time_assigning_writer<element, typename Time::policy_type>;
    auto stage = plain_stage(std::forward<Stream>(source));
    stage.draft.add(
        {.kind = "assign_event_time", .uid = Uid.with_former(), .output_type = type_name<element>(), .where = where});
    auto closed = close_stage(std::move(stage), writer(std::move(time).policy()), 1);
    const auto edge = make_edge_of<element, columns{true, false}>(std::move(closed), {});
    return make_stream<element, no_key, event_clock, typename stream_type::guarantee>(
        open_alongside<element, columns{true, false}>(*edge));
  }
};

}  // namespace detail

/// Gives each record the event time that `time`, an event_time(...), takes from it, and makes watermarks by its
/// strategy. Emits     every element unchanged, in input order, with its new time. Time      watermarks and idleness
/// from above end here, except the final watermark. Each subtask has its own
///           watermarks: one behind every `watermark_interval` records; live input is also looked at every 200 ms.
/// State     by uid: what the strategy keeps, in the snapshot; at another parallelism all go on where the slowest was.
/// Requires  f and a strategy for the stream's elements, as at from(...); align and time_ordered are for sources only.
template <fixed_string Uid = "", class Time>
auto assign_event_time(Time time, std::source_location where = std::source_location::current()) {
  if constexpr (std::is_same_v<Time, detail::broken_pipeline>) {
    return detail::broken_pipeline{};
  } else if constexpr (!detail::is_event_time<Time>) {
    static_cast<void>(detail::assign_event_time_of_no_time<Time>{});
    return detail::broken_pipeline{};
  } else if constexpr (Uid.view().empty()) {
    static_cast<void>(detail::assign_event_time_without_uid<Time>{});
    return detail::broken_pipeline{};
  } else if constexpr (Time::of_splits) {
    static_cast<void>(detail::assign_event_time_of_splits<Time>{});
    return detail::broken_pipeline{};
  } else {
    return detail::assign_event_time_description<Uid, Time>(std::move(time), where);
  }
}

}  // namespace weir
