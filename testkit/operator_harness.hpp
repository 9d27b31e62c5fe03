#pragma once
// Tests one operator or fragment without a job of its own: push records and watermarks in by hand, look at what comes
// out. Everything between is the real thing: a job of as many stages as the fragment has exchanges, stepped until
// nothing moves.
//   auto harness = operator_harness<trade>(key_by(&trade::account) | window(tumbling(1s)) | aggregate<"a">(count()));
//   harness.push(trade{…}, 500ms);
//   harness.watermark(999ms);
//   EXPECT_EQ(harness.records(), …);
#include <chrono>
#include <memory>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "weir/dsl/from.hpp"
#include "weir/dsl/job.hpp"
#include "weir/testkit/captured_output.hpp"
#include "weir/testkit/dataflow_driver.hpp"
#include "weir/testkit/hand_fed_source.hpp"

namespace weir {
namespace detail {

template <class Result>
struct harness_needs_a_stream {
  static_assert(
      any_stream<Result>,
      "weir: operator_harness<T>(fragment): the fragment must end in a stream; leave out to(...) and split(...): "
      "the harness gives the output, and side outputs by harness.side<\"tag\">()");
};

}  // namespace detail

namespace testing {

/// Made by `operator_harness`. Each call returns when all of its effects have come out; a failure of the operator is
/// thrown by the call that causes it. One thread. Event times may be given as timestamps or as durations since the
/// epoch.
template <class Element, class Clock, class Output, class Stage>
class harness {
  static constexpr bool timed = std::is_same_v<Clock, event_clock>;

 public:
  using output_type = owned_t<Output>;
  using item = output_item<output_type>;
  template <fixed_string Tag>
  using side_type = typename detail::side_element<Tag, Stage>::type;

  harness(std::shared_ptr<detail::hand_feed<Element>> feed, std::shared_ptr<detail::capture_log<Output>> log,
          const job& job, const driver_options& options)
      : feed_(std::move(feed)), log_(std::move(log)), driver_(job, options) {
    driver_.run_until_idle();
  }

  // ---- in -----------------------------------------------------------------------------------------------------------

  void push(const Element& value, timestamp time)
    requires timed
  {
    add(value, time);
    driver_.run_until_idle();
  }
  void push(const Element& value, std::chrono::milliseconds since_epoch)
    requires timed
  {
    push(value, timestamp{since_epoch});
  }
  void push(const Element& value)
    requires(!timed)
  {
    add(value, min_timestamp);
    driver_.run_until_idle();
  }

  /// Several records at once, so that they share batches.
  void push_all(const std::vector<timed_record<Element>>& records)
    requires timed
  {
    for (const auto& each : records) add(each.value, each.time);
    driver_.run_until_idle();
  }
  void push_all(const std::vector<Element>& values)
    requires(!timed)
  {
    for (const Element& each : values) add(each, min_timestamp);
    driver_.run_until_idle();
  }

  /// A watermark that does not rise is swallowed, as at every source.
  void watermark(timestamp time)
    requires timed
  {
    mark(detail::mark_kind::watermark, time);
  }
  void watermark(std::chrono::milliseconds since_epoch)
    requires timed
  {
    watermark(timestamp{since_epoch});
  }
  void idle()
    requires timed
  {
    mark(detail::mark_kind::idle, {});
  }
  void active()
    requires timed
  {
    mark(detail::mark_kind::active, {});
  }

  void advance_processing_time(std::chrono::nanoseconds by) {
    driver_.clock().advance(by);
    driver_.run_until_idle();
  }

  /// Takes a snapshot, throws the operators away and restores new ones from it, in 1 slot or in `slots`. Every operator
  /// is then at the lowest watermark until the next one comes. Needs `{.snapshots = true}`.
  void snapshot_restore(std::size_t slots = 0) {
    driver_.snapshot_restore(slots);
    driver_.run_until_idle();
  }

  /// Where state is kept from the next snapshot_restore on. Needs `.state` with a directory.
  void keep_state_in(state_backend backend) noexcept { driver_.keep_state_in(backend); }

  /// The end of the input: a final watermark, then nothing.
  void end() {
    feed_->ended = true;
    driver_.run_until_idle();
  }
  /// The input is stopped before its end: no final watermark.
  void stop() {
    driver_.stop();
    driver_.run_until_idle();
  }

  // ---- out ----------------------------------------------------------------------------------------------------------

  /// Everything since the beginning: records with their event times, watermarks and idleness in between.
  const std::vector<item>& output() const noexcept { return log_->items; }
  /// The same since the last call of take_output.
  std::vector<item> take_output() { return std::exchange(log_->items, {}); }

  /// The records of `output` alone.
  std::vector<timed_record<output_type>> records() const {
    std::vector<timed_record<output_type>> found;
    for (const item& each : log_->items) {
      if (const auto* record = std::get_if<timed_record<output_type>>(&each)) found.push_back(*record);
    }
    return found;
  }
  /// Their values alone.
  std::vector<output_type> values() const {
    std::vector<output_type> found;
    for (const item& each : log_->items) {
      if (const auto* record = std::get_if<timed_record<output_type>>(&each)) found.push_back(record->value);
    }
    return found;
  }

  /// The records of a side output that an operator behind the last exchange has, with their event times.
  template <fixed_string Tag>
    requires(!std::is_void_v<side_type<Tag>>)
  const std::vector<timed_record<owned_t<side_type<Tag>>>>& side() const {
    return log_->template side<side_type<Tag>>(std::string(Tag.view()));
  }
  decltype(auto) late() const { return side<"late">(); }

  /// The figures so far: `harness.report().find("uid")->late_records`.
  job_report report() const { return driver_.report(); }

 private:
  void add(const Element& value, timestamp time) { feed_->items.push_back({owned_t<Element>(value), time, {}}); }
  void mark(detail::mark_kind kind, timestamp time) {
    feed_->items.push_back({std::nullopt, time, kind});
    driver_.run_until_idle();
  }

  std::shared_ptr<detail::hand_feed<Element>> feed_;
  std::shared_ptr<detail::capture_log<Output>> log_;
  dataflow_driver driver_;
};

/// A harness around an operator, or around several joined by `|`, that takes `Element`s with event time;
/// `operator_harness<T, no_clock>(...)` makes one without. The fragment runs on a clock moved by hand, in one slot unless
/// `options` say otherwise.
template <class Element, class Clock = event_clock, class Fragment>
auto operator_harness(Fragment fragment, const driver_options& options = {}) {
  static constexpr bool timed = std::is_same_v<Clock, event_clock>;
  using source = detail::hand_fed_source<Element, timed>;
  using time = std::conditional_t<timed, detail::given_event_time, detail::no_event_time>;
  auto feed = std::make_shared<detail::hand_feed<Element>>();
  auto begun = detail::begin_pipeline<Clock>(source(feed), time{},
                                             {.kind = "from", .detail = "harness", .uid = options.snapshots ? "harness" : "",
                                              .in_memory_source = true});
  auto stream = std::move(begun) | std::move(fragment);
  static_cast<void>(detail::harness_needs_a_stream<decltype(stream)>{});
  using output = typename decltype(stream)::element_type;
  auto stage = detail::stage_with_side_outputs(std::move(stream));
  using stage_type = decltype(stage);
  auto log = std::make_shared<detail::capture_log<output>>();
  pipeline whole({detail::close_stage(std::move(stage), detail::capturing_terminal<output, stage_type>(log), 0)});
  return harness<Element, Clock, output, stage_type>(std::move(feed), std::move(log), job("harness", whole), options);
}

}  // namespace testing
}  // namespace weir
