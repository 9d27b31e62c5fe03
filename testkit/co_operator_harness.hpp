#pragma once
// Tests an operator with two inputs without a job of its own: as operator_harness, with records and watermarks for each
// side.
//   auto harness = co_operator_harness<order, payment>([](auto orders, auto payments) {
//     return connect(std::move(orders) | key_by(&order::customer), std::move(payments) | key_by(&payment::customer)) |
//            co_process<"settled">(settlement{});
//   });
//   harness.left(order{…}, 500ms);
//   harness.right(payment{…}, 600ms);
//   harness.left_watermark(600ms);
//   harness.right_watermark(600ms);
#include <chrono>
#include <cstddef>
#include <memory>
#include <type_traits>
#include <utility>
#include <vector>

#include "weir/dsl/from.hpp"
#include "weir/dsl/job.hpp"
#include "weir/testkit/captured_output.hpp"
#include "weir/testkit/dataflow_driver.hpp"
#include "weir/testkit/hand_fed_source.hpp"
#include "weir/testkit/operator_harness.hpp"

namespace weir {
namespace testing {

/// Made by `co_operator_harness`. Each call returns when all of its effects have come out; a failure of the operator is
/// thrown by the call that causes it. One thread.
template <class Left, class Right, class Clock, class Output, class Stage>
class co_harness {
  static constexpr bool timed = std::is_same_v<Clock, event_clock>;

 public:
  using output_type = owned_t<Output>;
  using item = output_item<output_type>;
  template <fixed_string Tag>
  using side_type = typename detail::side_element<Tag, Stage>::type;

  co_harness(std::shared_ptr<detail::hand_feed<Left>> left, std::shared_ptr<detail::hand_feed<Right>> right,
             std::shared_ptr<detail::capture_log<Output>> log, const job& job, const driver_options& options)
      : left_(std::move(left)), right_(std::move(right)), log_(std::move(log)), driver_(job, options) {
    driver_.run_until_idle();
  }

  // ---- in -----------------------------------------------------------------------------------------------------------

  void left(const Left& value, std::chrono::milliseconds since_epoch)
    requires timed
  {
    add(*left_, value, timestamp{since_epoch});
  }
  void left(const Left& value, timestamp time)
    requires timed
  {
    add(*left_, value, time);
  }
  void left(const Left& value)
    requires(!timed)
  {
    add(*left_, value, min_timestamp);
  }
  void right(const Right& value, std::chrono::milliseconds since_epoch)
    requires timed
  {
    add(*right_, value, timestamp{since_epoch});
  }
  void right(const Right& value, timestamp time)
    requires timed
  {
    add(*right_, value, time);
  }
  void right(const Right& value)
    requires(!timed)
  {
    add(*right_, value, min_timestamp);
  }

  /// A watermark that does not rise is swallowed, as at every source.
  void left_watermark(std::chrono::milliseconds since_epoch)
    requires timed
  {
    mark(*left_, detail::mark_kind::watermark, timestamp{since_epoch});
  }
  void right_watermark(std::chrono::milliseconds since_epoch)
    requires timed
  {
    mark(*right_, detail::mark_kind::watermark, timestamp{since_epoch});
  }
  /// On both sides.
  void watermark(std::chrono::milliseconds since_epoch)
    requires timed
  {
    left_watermark(since_epoch);
    right_watermark(since_epoch);
  }
  void left_idle()
    requires timed
  {
    mark(*left_, detail::mark_kind::idle, {});
  }
  void right_idle()
    requires timed
  {
    mark(*right_, detail::mark_kind::idle, {});
  }

  void advance_processing_time(std::chrono::nanoseconds by) {
    driver_.clock().advance(by);
    driver_.run_until_idle();
  }

  /// As of operator_harness.
  void snapshot_restore(std::size_t slots = 0) {
    driver_.snapshot_restore(slots);
    driver_.run_until_idle();
  }
  void keep_state_in(state_backend backend) noexcept { driver_.keep_state_in(backend); }

  void end_left() { end(*left_); }
  void end_right() { end(*right_); }
  /// The end of both inputs: a final watermark, then nothing.
  void end() {
    end_left();
    end_right();
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
    for (auto& each : records()) found.push_back(std::move(each.value));
    return found;
  }

  /// The records of a side output that an operator behind the last exchange has, with their event times.
  template <fixed_string Tag>
    requires(!std::is_void_v<side_type<Tag>>)
  const std::vector<timed_record<owned_t<side_type<Tag>>>>& side() const {
    return log_->template side<side_type<Tag>>(std::string(Tag.view()));
  }

  /// The figures so far.
  job_report report() const { return driver_.report(); }
  dataflow_driver& driver() noexcept { return driver_; }

 private:
  template <class Element>
  void add(detail::hand_feed<Element>& feed, const Element& value, timestamp time) {
    feed.items.push_back({owned_t<Element>(value), time, {}});
    driver_.run_until_idle();
  }
  template <class Element>
  void mark(detail::hand_feed<Element>& feed, detail::mark_kind kind, timestamp time) {
    feed.items.push_back({std::nullopt, time, kind});
    driver_.run_until_idle();
  }
  template <class Element>
  void end(detail::hand_feed<Element>& feed) {
    feed.ended = true;
    driver_.run_until_idle();
  }

  std::shared_ptr<detail::hand_feed<Left>> left_;
  std::shared_ptr<detail::hand_feed<Right>> right_;
  std::shared_ptr<detail::capture_log<Output>> log_;
  dataflow_driver driver_;
};

/// A harness around what `make(left_stream, right_stream)` returns: a stream of both. The streams have event time;
/// `co_operator_harness<Left, Right, no_clock>(...)` makes them without.
template <class Left, class Right, class Clock = event_clock, class Make>
auto co_operator_harness(Make make, const driver_options& options = {}) {
  static constexpr bool timed = std::is_same_v<Clock, event_clock>;
  using time = std::conditional_t<timed, detail::given_event_time, detail::no_event_time>;
  auto left = std::make_shared<detail::hand_feed<Left>>();
  auto right = std::make_shared<detail::hand_feed<Right>>();
  const auto begin = [&]<class Element>(const std::shared_ptr<detail::hand_feed<Element>>& feed, std::string_view uid) {
    return detail::begin_pipeline<Clock>(
        detail::hand_fed_source<Element, timed>(feed), time{},
        {.kind = "from", .detail = "harness", .uid = options.snapshots ? uid : "", .in_memory_source = true});
  };
  auto stream = make(begin(left, "left"), begin(right, "right"));
  static_cast<void>(detail::harness_needs_a_stream<decltype(stream)>{});
  using output = typename decltype(stream)::element_type;
  auto stage = detail::stage_with_side_outputs(std::move(stream));
  using stage_type = decltype(stage);
  auto log = std::make_shared<detail::capture_log<output>>();
  pipeline whole({detail::close_stage(std::move(stage), detail::capturing_terminal<output, stage_type>(log), 0)});
  return co_harness<Left, Right, Clock, output, stage_type>(std::move(left), std::move(right), std::move(log),
                                                            job("harness", whole), options);
}

}  // namespace testing
}  // namespace weir
