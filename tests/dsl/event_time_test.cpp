// Where records get their time from, by what strategy watermarks follow, and how a stream gets another time halfway.
#include "weir/dsl/event_time.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "tests/dsl/results_of.hpp"
#include "weir/core/error.hpp"
#include "weir/dsl/assign_event_time.hpp"
#include "weir/dsl/from.hpp"
#include "weir/testkit/captured_output.hpp"
#include "weir/testkit/dataflow_driver.hpp"
#include "weir/testkit/operator_harness.hpp"

namespace weir::testing {
namespace {

using namespace std::chrono_literals;

/// Records by their times, "wm 5", "idle", "active".
template <class Item>
std::string text_of(const std::vector<Item>& items) {
  std::string text;
  for (const Item& item : items) {
    if (!text.empty()) text += ' ';
    if (const auto* mark = std::get_if<watermark>(&item)) {
      text += "wm " + (mark->time == max_timestamp ? "MAX" : std::to_string(epoch_ms(mark->time)));
    } else if (const auto* idle = std::get_if<idleness>(&item)) {
      text += idle->idle ? "idle" : "active";
    } else {
      text += std::to_string(epoch_ms(std::get<0>(item).time));
    }
  }
  return text;
}

/// A stream of readings that is run step by step.
class watched {
  using log = detail::capture_log<reading>;

 public:
  template <class Stream>
  explicit watched(Stream stream, const driver_options& options = {})
      : log_(std::make_shared<log>()), driver_(make_job(std::move(stream), log_), options) {
    driver_.run_until_idle();
  }
  std::string take() {
    driver_.run_until_idle();
    return text_of(std::exchange(log_->items, {}));
  }
  std::string take_after(std::chrono::milliseconds time) {
    driver_.clock().advance(time);
    return take();
  }
  void snapshot_restore() { driver_.snapshot_restore(); }

 private:
  template <class Stream>
  static job make_job(Stream stream, const std::shared_ptr<log>& into) {
    auto stage = detail::plain_stage(std::move(stream));
    using terminal = detail::capturing_terminal<reading, decltype(stage)>;
    return job("watched", pipeline({detail::close_stage(std::move(stage), terminal(into), 0)}));
  }

  std::shared_ptr<log> log_;
  dataflow_driver driver_;
};

/// Trails the latest time. What it trails by only configures it.
struct lagging {
  BOOST_HANA_DEFINE_STRUCT(lagging, (std::optional<timestamp>, latest));
  std::chrono::milliseconds lag{0};

  void observe(const reading&, timestamp time) {
    if (!latest || time > *latest) latest = time;
  }
  timestamp current() const { return latest ? *latest - lag : min_timestamp; }
};

lagging lagging_by(std::chrono::milliseconds lag) {
  lagging strategy;
  strategy.lag = lag;
  return strategy;
}

/// Records with a value below zero say that all before their time is there.
struct marked {
  std::optional<timestamp> observe(const reading& each, timestamp time) const {
    return each.value < 0 ? std::optional(time) : std::nullopt;
  }
};

reading mark_at(std::int64_t ms) { return reading_at(ms, -1); }

TEST(watermark_strategy, that_is_periodic_is_asked_after_every_interval) {
  const std::vector readings{reading_at(5), reading_at(3), reading_at(4), reading_at(2), reading_at(9), reading_at(7)};
  watched all(from(readings, event_time(&reading::at, lagging_by(1ms)).watermark_interval(2)));
  EXPECT_EQ(all.take(), "5 3 wm 4 4 2 9 7 wm 8 wm MAX");  // rising ones only
}

TEST(watermark_strategy, that_is_punctuated_answers_at_once) {
  const std::vector readings{reading_at(5), mark_at(6), reading_at(7), mark_at(3), mark_at(8), reading_at(9)};
  watched all(from(readings, event_time(&reading::at, marked{})));
  EXPECT_EQ(all.take(), "5 6 wm 6 7 3 8 wm 8 9 wm MAX");
}

TEST(watermark_strategy, never_ends_its_input) {
  detail::strategy_generator<marked> generator{marked{}};
  EXPECT_EQ(generator.current(), min_timestamp);
  EXPECT_TRUE(generator.observe(mark_at(0), max_timestamp));
  EXPECT_EQ(generator.current(), max_timestamp - 1ms);
}

TEST(watermark_strategy, takes_up_only_what_it_has_kept) {
  detail::strategy_generator<lagging> before{lagging_by(10ms)};
  before.observe(reading_at(0), from_epoch_ms(70));
  detail::strategy_generator<lagging> after{lagging_by(20ms)};
  after.restore(before.state());
  EXPECT_EQ(after.current(), from_epoch_ms(50));  // what only configures is that of the program
  const std::string state = before.state();
  for (const std::string& other : {state + "x", state.substr(1), std::string()})
    EXPECT_THROW(after.restore(other), error);
}

/// One record of 100 ms, and after ten seconds one of 50 ms.
auto two_readings() {
  return generate([](std::uint64_t i) { return reading_at(i == 0 ? 100 : 50); }, bounded{2}).rate(0.1);
}

TEST(watermark_strategy, goes_on_from_a_snapshot) {
  watched all(from<"readings">(two_readings(), event_time(&reading::at, lagging_by(10ms))), {.snapshots = true});
  EXPECT_EQ(all.take(), "100 wm 90");
  all.snapshot_restore();  // event time begins anew, as the driver has it; what the strategy knows is kept
  EXPECT_EQ(all.take_after(10s), "50 wm 90 wm MAX");
}

TEST(ingestion_time, is_when_a_record_is_read_and_goes_on_while_none_is) {
  watched all(from<"readings">(two_readings(), ingestion_time()));
  EXPECT_EQ(all.take(), "0 wm -1");
  EXPECT_EQ(all.take_after(10ms), "");
  EXPECT_EQ(all.take_after(4s), "wm 4009");
  EXPECT_EQ(all.take_after(6s), "10010 wm 10009 wm MAX");
}

// ---- another time halfway
// ---------------------------------------------------------------------------------------------

TEST(assign_event_time, takes_the_place_of_the_time_from_above) {
  auto harness = operator_harness<reading>(
      assign_event_time<"time">(event_time(&reading::at, out_of_orderness(10ms)).watermark_interval(2)));
  harness.push(reading_at(100), 5ms);
  harness.watermark(1000ms);
  harness.idle();
  harness.active();
  harness.push(reading_at(200), 2000ms);
  EXPECT_EQ(text_of(harness.take_output()), "100 200 wm 189");
  harness.push_all({{reading_at(150), from_epoch_ms(1)}, {reading_at(170), from_epoch_ms(2)}});
  EXPECT_EQ(text_of(harness.take_output()), "150 170");  // it only rises
  harness.end();
  EXPECT_EQ(text_of(harness.take_output()), "wm MAX");
}

TEST(assign_event_time, goes_on_from_a_snapshot) {
  for (const std::size_t slots : {1u, 2u}) {
    auto harness = operator_harness<reading>(
        assign_event_time<"time">(event_time(&reading::at, out_of_orderness(10ms)).watermark_interval(2)),
        {.snapshots = true});
    for (const std::int64_t ms : {100, 200, 300}) harness.push(reading_at(ms), 0ms);
    EXPECT_EQ(text_of(harness.take_output()), "100 200 wm 189 300");
    harness.snapshot_restore(slots);
    harness.take_output();  // a subtask that has nothing to read ends
    for (const std::int64_t ms : {250, 260, 255}) harness.push(reading_at(ms), 0ms);
    EXPECT_EQ(text_of(harness.take_output()), "250 wm 289 260 255");
  }
}

TEST(assign_event_time, becomes_idle_while_no_record_comes) {
  auto harness = operator_harness<reading>(
      assign_event_time<"time">(event_time(&reading::at, out_of_orderness(10ms)).idle_after(1s)));
  harness.push(reading_at(100), 0ms);
  EXPECT_EQ(text_of(harness.take_output()), "100");
  harness.advance_processing_time(200ms);  // it looks five times a second
  EXPECT_EQ(text_of(harness.take_output()), "wm 89");
  for (int i = 0; i < 6; ++i) harness.advance_processing_time(200ms);
  EXPECT_EQ(text_of(harness.take_output()), "");
  harness.advance_processing_time(200ms);
  EXPECT_EQ(text_of(harness.take_output()), "idle");
  harness.push(reading_at(50), 0ms);
  EXPECT_EQ(text_of(harness.take_output()), "active 50");
}

TEST(assign_event_time, follows_a_strategy_of_a_users_own) {
  auto harness = operator_harness<reading>(assign_event_time<"time">(event_time(&reading::at, marked{})));
  harness.push_all({{reading_at(7), {}}, {mark_at(8), {}}, {mark_at(6), {}}, {reading_at(9), {}}});
  EXPECT_EQ(text_of(harness.take_output()), "7 8 wm 8 6 9");
}

TEST(assign_event_time, looks_at_live_input_five_times_a_second) {
  watched all(
      from<"readings">(generate([](std::uint64_t i) { return reading_at(static_cast<std::int64_t>(i)); }).rate(1)) |
      assign_event_time<"time">(event_time(&reading::at, ascending())));
  EXPECT_EQ(all.take(), "0");
  EXPECT_EQ(all.take_after(200ms), "wm -1");
  EXPECT_EQ(all.take_after(800ms), "1");
}

// ---- what makes no sense
// ----------------------------------------------------------------------------------------------

template <class Time>
void expect_refused(Time make, const std::string& sentence) {
  try {
    make();
    ADD_FAILURE() << "accepted";
  } catch (const error& refused) {
    EXPECT_EQ(std::string(refused.what()), sentence);
  }
}

TEST(align, refuses_what_makes_no_sense) {
  expect_refused(
      [] { event_time(&reading::at, ascending()).align("", 1s); },
      "weir: align(\"\", ...): the group has no name; give sources that are to wait for each other the same one");
  expect_refused(
      [] { event_time(&reading::at, ascending()).align("both", -1ms); },
      "weir: align(\"both\", -1ms): the slowest source of a group cannot be ahead of itself; give how far the "
      "others may be ahead of it, 0 or more");
  expect_refused(
      [] { event_time(&reading::at, ascending()).align("both", 1s, 0ms); },
      "weir: align(\"both\", ..., 0ms): a source that pauses has to look again at times; give an interval above "
      "zero");
}

}  // namespace
}  // namespace weir::testing
