// Windows in general through the operator harness: sessions, sliding, counted and processing-time windows, triggers,
// evictors, lateness, whole-window functions, windows of the whole stream, and what snapshots keep of them.
#include <gtest/gtest.h>

#include <chrono>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "weir/dsl/aggregate.hpp"
#include "weir/dsl/from.hpp"
#include "weir/dsl/job.hpp"
#include "weir/dsl/key_by.hpp"
#include "weir/dsl/map.hpp"
#include "weir/dsl/process.hpp"
#include "weir/dsl/rolling.hpp"
#include "weir/dsl/sinks.hpp"
#include "weir/dsl/to.hpp"
#include "weir/dsl/window.hpp"
#include "weir/testkit/testkit.hpp"

namespace weir::testing {
namespace {

using namespace std::chrono_literals;

struct click {
  BOOST_HANA_DEFINE_STRUCT(click, (std::int64_t, user), (std::int64_t, price));
};

timestamp at(std::int64_t ms) { return from_epoch_ms(ms); }

/// "user [start,end) value": a result that may come once.
template <class Value>
std::string text(const window_result<std::int64_t, Value>& of) {
  return std::to_string(of.key) + " [" + std::to_string(epoch_ms(of.window_start)) + "," +
         std::to_string(epoch_ms(of.window_end)) + ") " + std::to_string(of.value);
}
/// The same with "#pane timing".
template <class Value>
std::string text(const pane_result<std::int64_t, Value>& of) {
  static const std::map<pane_timing, std::string> names{
      {pane_timing::early, "early"}, {pane_timing::on_time, "on_time"}, {pane_timing::late, "late"}};
  return text(window_result<std::int64_t, Value>{of.key, of.window_start, of.window_end, of.value}) + " #" +
         std::to_string(of.pane) + " " + names.at(of.timing);
}

using texts = std::vector<std::string>;

/// What a harness has given since the last call, in order, with "@time".
template <class Harness>
texts taken(Harness& harness) {
  texts found;
  for (const auto& item : harness.take_output()) {
    if (const auto* record = std::get_if<timed_record<typename Harness::output_type>>(&item)) {
      found.push_back(text(record->value));
      if (record->time != record->value.window_end - 1ms) found.back() += " at another time";
    }
  }
  return found;
}

template <class Windows>
auto sums(Windows windows) {
  return operator_harness<click>(key_by(&click::user) | windows | aggregate<"sums">(sum(&click::price)),
                                 {.snapshots = true});
}

TEST(session, joins_records_until_a_gap) {
  auto harness = sums(window(session(10ms)));
  harness.push({1, 1}, 0ms);
  harness.push({1, 2}, 9ms);
  harness.push({2, 50}, 5ms);
  harness.push({1, 4}, 19ms);  // touches
  harness.push({1, 8}, 30ms);  // a millisecond too late
  harness.watermark(100ms);
  EXPECT_EQ(taken(harness), (texts{"2 [5,15) 50", "1 [0,29) 7", "1 [30,40) 8"}));
}

TEST(session, is_one_once_a_record_bridges_two) {
  auto harness = sums(window(session(10ms)));
  harness.push({1, 1}, 0ms);
  harness.push({1, 2}, 15ms);
  harness.push({1, 4}, 8ms);
  harness.watermark(24ms);
  EXPECT_EQ(taken(harness), texts{"1 [0,25) 7"});
}

TEST(session, takes_a_gap_from_the_record) {
  auto harness = sums(window(session([](const click& c) { return std::chrono::milliseconds(c.price); })));
  harness.push({1, 100}, 0ms);
  harness.push({1, 5}, 50ms);  // does not shorten
  harness.watermark(98ms);
  EXPECT_EQ(taken(harness), texts{});
  harness.watermark(99ms);
  EXPECT_EQ(taken(harness), texts{"1 [0,100) 105"});
}

TEST(session, of_a_late_record_lives_if_it_joins_one_that_does) {
  auto harness = sums(window(session(10ms)));
  harness.push({1, 1}, 20ms);
  harness.watermark(25ms);
  harness.push({1, 2}, 12ms);  // its own window ends at 22
  harness.push({1, 4}, 1ms);   // joins nothing
  harness.watermark(29ms);
  EXPECT_EQ(taken(harness), texts{"1 [12,30) 3"});
  ASSERT_EQ(harness.late().size(), 1u);
  EXPECT_EQ(harness.late()[0].value.price, 4);
  EXPECT_EQ(harness.late()[0].time, at(1));
  EXPECT_EQ(harness.report().find("sums")->late_records, 1u);
}

TEST(session, survives_a_snapshot_and_another_number_of_slots) {
  auto harness = sums(window(session(10ms)).trigger(count_trigger(3)));
  for (std::int64_t user = 0; user < 40; ++user) {
    harness.push({user, 1}, 0ms);
    harness.push({user, 2}, 8ms);
  }
  EXPECT_EQ(taken(harness), texts{});
  harness.snapshot_restore(3);
  for (std::int64_t user = 0; user < 40; ++user) harness.push({user, 4}, 16ms);
  const texts found = taken(harness);
  EXPECT_EQ(found.size(), 40u);
  for (std::int64_t user = 0; user < 40; ++user) {
    EXPECT_EQ(std::count(found.begin(), found.end(), std::to_string(user) + " [0,26) 7 #0 early"), 1) << user;
  }
}

TEST(sliding, gives_a_result_per_window) {
  auto harness = sums(window(sliding(10ms, 5ms)));
  harness.push({1, 1}, 3ms);
  harness.push({1, 2}, 7ms);
  harness.watermark(4ms);
  EXPECT_EQ(taken(harness), texts{"1 [-5,5) 1"});
  harness.push({1, 4}, 4ms);  // late for [-5,5), not for [0,10)
  harness.watermark(100ms);
  EXPECT_EQ(taken(harness), (texts{"1 [0,10) 7", "1 [5,15) 2"}));
  EXPECT_TRUE(harness.late().empty());
}

TEST(sliding, drops_records_in_holes_and_reports_those_behind_the_watermark) {
  auto harness = sums(window(sliding(3ms, 10ms)));
  harness.push({1, 1}, 3ms);
  harness.watermark(5ms);
  harness.push({1, 2}, 4ms);
  harness.push({1, 4}, 9ms);
  harness.end();
  EXPECT_EQ(taken(harness), texts{});
  ASSERT_EQ(harness.late().size(), 1u);
  EXPECT_EQ(harness.late()[0].value.price, 2);
}

TEST(allowed_lateness, fires_again_for_each_late_record) {
  auto harness = sums(window(tumbling(10ms)).allowed_lateness(5ms));
  harness.push({1, 1}, 3ms);
  harness.watermark(9ms);
  EXPECT_EQ(taken(harness), texts{"1 [0,10) 1 #0 on_time"});
  harness.push({1, 2}, 4ms);
  EXPECT_EQ(taken(harness), texts{"1 [0,10) 3 #1 late"});
  harness.watermark(13ms);
  harness.push({1, 4}, 4ms);
  EXPECT_EQ(taken(harness), texts{"1 [0,10) 7 #2 late"});
  harness.watermark(14ms);
  harness.push({1, 8}, 4ms);
  EXPECT_EQ(taken(harness), texts{});
  EXPECT_EQ(harness.late().size(), 1u);
}

TEST(allowed_lateness, lets_a_window_be_that_has_had_no_record_in_time) {
  auto harness = sums(window(tumbling(10ms)).allowed_lateness(5ms));
  harness.watermark(12ms);
  harness.push({1, 1}, 3ms);
  EXPECT_EQ(taken(harness), texts{"1 [0,10) 1 #0 late"});
}

TEST(allowed_lateness, bridges_sessions_that_have_fired) {
  auto harness = sums(window(session(10ms)).allowed_lateness(100ms));
  harness.push({1, 1}, 0ms);
  harness.push({1, 2}, 20ms);
  harness.watermark(50ms);
  EXPECT_EQ(taken(harness), (texts{"1 [0,10) 1 #0 on_time", "1 [20,30) 2 #0 on_time"}));
  harness.push({1, 4}, 10ms);
  EXPECT_EQ(taken(harness), texts{"1 [0,30) 7 #2 late"});
}

TEST(allowed_lateness, refuses_less_than_none) {
  EXPECT_THROW(window(tumbling(1s)).allowed_lateness(-1ms), weir::error);
}

TEST(triggers, give_early_results_and_the_one_at_the_end) {
  auto harness = sums(window(tumbling(10ms)).trigger(continuous(4ms)));
  harness.push({1, 1}, 1ms);
  harness.watermark(4ms);
  EXPECT_EQ(taken(harness), texts{"1 [0,10) 1 #0 early"});
  harness.push({1, 2}, 5ms);
  harness.watermark(20ms);
  EXPECT_EQ(taken(harness), (texts{"1 [0,10) 3 #1 on_time", "1 [0,10) 3 #2 late"}));
}

TEST(triggers, of_global_windows_end_with_the_input) {
  auto harness = sums(window(global()).trigger(continuous(1s)));
  harness.push({1, 1}, 1ms);
  harness.end();
  EXPECT_EQ(harness.records().size(), 2u);
}

TEST(count_window, gives_whole_windows_only) {
  auto harness = sums(window(count_window(3)));
  for (const std::int64_t price : {1, 2, 4, 8, 16, 32, 64}) harness.push({1, price}, 0ms);
  std::vector<std::int64_t> values;
  for (const auto& each : harness.values()) values.push_back(each.value);
  EXPECT_EQ(values, (std::vector<std::int64_t>{7, 56}));
  harness.end();
  EXPECT_EQ(harness.values().size(), 2u);
  EXPECT_EQ(harness.values()[1].pane, 1u);
  EXPECT_EQ(harness.records()[0].time, max_timestamp);
}

TEST(count_window, slides_and_begins_with_less) {
  auto harness = operator_harness<click, no_clock>(
      key_by(&click::user) | window(count_window(5, 2)) | aggregate<"sums">(sum(&click::price), count()),
      {.snapshots = true});
  std::vector<std::int64_t> counts;
  for (std::int64_t i = 0; i < 8; ++i) {
    harness.push({1, 1});
    if (i == 4) harness.snapshot_restore();
  }
  for (const auto& each : harness.values()) counts.push_back(std::get<1>(each.value));
  EXPECT_EQ(counts, (std::vector<std::int64_t>{2, 4, 5, 5}));
}

TEST(evictors, run_when_a_window_fires_and_before_late_firings) {
  auto harness = sums(window(tumbling(100ms)).evictor(count_evictor(2, evicts::after)).allowed_lateness(100ms));
  for (const std::int64_t price : {1, 2, 4, 8}) harness.push({1, price}, 5ms);
  harness.watermark(99ms);
  EXPECT_EQ(taken(harness), texts{"1 [0,100) 15 #0 on_time"});
  harness.push({1, 16}, 5ms);
  EXPECT_EQ(taken(harness), texts{"1 [0,100) 28 #1 late"});
}

TEST(processing_time, windows_need_no_event_time) {
  auto harness = operator_harness<click, no_clock>(
      key_by(&click::user) | window(tumbling<processing_clock>(10ms)) | aggregate<"sums">(sum(&click::price)),
      {.snapshots = true});
  const auto prices = [&] {
    std::vector<std::int64_t> found;
    for (const auto& each : harness.values()) found.push_back(each.value);
    return found;
  };
  harness.push({1, 1});
  harness.advance_processing_time(5ms);
  harness.push({1, 2});
  harness.snapshot_restore();
  EXPECT_TRUE(prices().empty());
  harness.advance_processing_time(5ms);
  EXPECT_EQ(prices(), std::vector<std::int64_t>{3});
  harness.push({1, 4});
  harness.end();  // still open
  EXPECT_EQ(prices(), std::vector<std::int64_t>{3});
  EXPECT_EQ(harness.report().find("sums")->open_entries, 1u);
}

TEST(processing_time, gives_results_on_a_stream_with_event_time_the_end_of_their_window) {
  auto harness = sums(window(session<processing_clock>(10ms)));
  harness.push({1, 1}, 70'000ms);
  harness.advance_processing_time(10ms);
  harness.push({1, 2}, 0ms);
  harness.advance_processing_time(10ms);
  EXPECT_EQ(taken(harness).size(), 2u);
}

TEST(reduce, works_on_windows_in_general) {
  auto harness = operator_harness<click>(
      key_by(&click::user) | window(session(10ms)) |
      reduce<"dearest">([](const click& a, const click& b) { return a.price < b.price ? b : a; }));
  harness.push({1, 5}, 0ms);
  harness.push({1, 9}, 5ms);
  harness.push({1, 7}, 9ms);
  harness.end();
  ASSERT_EQ(harness.values().size(), 1u);
  EXPECT_EQ(harness.values()[0].value.price, 9);
}

// ---- functions of whole windows
// ---------------------------------------------------------------------------------------

struct described {
  BOOST_HANA_DEFINE_STRUCT(described, (value_state<std::int64_t>, windows));
  using output_type = std::string;
  using window_state = std::int64_t;
  using audit = side<"audit", std::int64_t>;
  using side_outputs = weir::side_outputs<audit>;

  void process(const window_elements<click>& clicks, window_context<std::int64_t, std::int64_t>& context,
               collector<std::string, audit>& out) {
    windows = windows.value_or(0) + 1;
    std::string prices;
    for (const click& each : clicks) prices += " " + std::to_string(each.price);
    out(std::to_string(context.key()) + ":" + prices + ", firing " + std::to_string(++context.window_state()) +
        " of the window, " + std::to_string(*windows) + " of the key");
    out(audit{epoch_ms(context.window().start)});
  }
};

TEST(window_process, sees_the_whole_window_and_keeps_states) {
  auto harness = operator_harness<click>(
      key_by(&click::user) | window(tumbling(10ms)).allowed_lateness(10ms) | process<"described">(described{}),
      {.snapshots = true});
  harness.push({1, 5}, 3ms);
  harness.push({1, 2}, 1ms);
  harness.watermark(9ms);
  harness.snapshot_restore(2);
  harness.watermark(9ms);
  harness.push({1, 3}, 2ms);
  harness.push({1, 4}, 12ms);
  harness.watermark(50ms);
  EXPECT_EQ(harness.values(),
            (texts{"1: 5 2, firing 1 of the window, 1 of the key", "1: 5 2 3, firing 2 of the window, 2 of the key",
                   "1: 4, firing 1 of the window, 3 of the key"}));
  EXPECT_EQ(harness.records()[0].time, at(9));
  EXPECT_EQ(harness.records()[2].time, at(19));
  ASSERT_EQ(harness.side<"audit">().size(), 3u);
  EXPECT_EQ(harness.side<"audit">()[2].value, 10);
  EXPECT_EQ(harness.side<"audit">()[2].time, at(19));
}

struct shares {
  using output_type = double;
  void process(const auto& values, auto& context, auto& out) const {
    out(static_cast<double>(std::get<0>(values)) / static_cast<double>(std::get<1>(values) + context.key()));
  }
};

TEST(window_process, gets_the_values_of_aggregates) {
  auto harness = operator_harness<click>(key_by(&click::user) | window(session(10ms)) |
                                         process<"shares">(shares{}, incremental(sum(&click::price), count())));
  harness.push({2, 5}, 3ms);
  harness.push({2, 7}, 10ms);
  harness.end();
  EXPECT_EQ(harness.values(), std::vector{3.0});
}

struct named {
  BOOST_HANA_DEFINE_STRUCT(named, (std::string_view, name), (std::string_view, text));
};
struct joined {
  using output_type = std::string;
  void process(const window_elements<named>& all, auto& context, auto& out) const {
    std::string joined(context.key());
    for (const named& each : all) joined.append(" ").append(each.text);
    out(joined);
  }
};

TEST(window_process, holds_elements_that_borrow) {
  auto harness = operator_harness<named>(key_by(&named::name) | window(count_window(2)) | process<"joined">(joined{}),
                                         {.snapshots = true});
  harness.push({"a", "a text that is too long for a small string"}, 0ms);
  harness.snapshot_restore();
  harness.push({"a", "b"}, 0ms);
  EXPECT_EQ(harness.values(), texts{"a a text that is too long for a small string b"});
}

struct described_shortly {
  using output_type = std::size_t;
  void process(const auto& clicks, auto&, auto& out) const { out(clicks.size()); }
};

// ---- the whole stream -----------------------------------------------------------------------------------------------

TEST(window_all, makes_windows_of_all_keys_together) {
  auto harness =
      operator_harness<click>(window_all(sliding(10ms, 5ms)) | aggregate<"all">(sum(&click::price)), {.slots = 3});
  harness.push({1, 1}, 3ms);
  harness.push({2, 2}, 4ms);
  harness.push({3, 4}, 7ms);
  harness.end();
  std::vector<std::tuple<std::int64_t, std::int64_t, std::int64_t>> found;
  for (const auto& each : harness.values()) {
    found.emplace_back(epoch_ms(each.window_start), epoch_ms(each.window_end), each.value);
  }
  EXPECT_EQ(found, (decltype(found){{-5, 5, 3}, {0, 10, 7}, {5, 15, 4}}));
}

// ---- of the user's own
// ------------------------------------------------------------------------------------------------

/// Even prices in windows of 10 ms, odd ones in windows of 20.
struct by_parity {
  using clock = event_clock;
  time_window assign(const click& c, timestamp time) const {
    return window_around(time, c.price % 2 == 0 ? 10ms : 20ms);
  }
  bool fires() const { return true; }
  std::string describe() const { return "by_parity()"; }
};

/// Fires for each dear element.
struct dear {
  using state_type = std::tuple<>;
  trigger_result on_element(state_type&, const click& c, timestamp, trigger_context&) const {
    return c.price > 10 ? trigger_result::fire : trigger_result::continue_;
  }
  void clear(state_type&, trigger_context&) const {}
  std::string describe() const { return "dear()"; }
};

TEST(own_assigner_and_trigger, work_as_those_of_the_library) {
  auto harness = sums(window(by_parity()).trigger(dear()));
  harness.push({1, 1}, 5ms);
  harness.push({1, 2}, 6ms);
  harness.push({1, 11}, 7ms);
  harness.push({1, 12}, 8ms);
  EXPECT_EQ(taken(harness), (texts{"1 [0,20) 12 #0 early", "1 [0,10) 14 #0 early"}));
  harness.end();
  EXPECT_EQ(taken(harness), texts{});
}

TEST(panes, are_described_in_the_plan) {
  const auto plan_of = [](auto fragment) {
    auto clicks = from<"clicks">(std::vector<click>(), event_time([](const click&) { return at(0); }, ascending()));
    return job("j", std::move(clicks) | std::move(fragment) | to<"out">(for_each([](const auto&) {}))).plan();
  };
  EXPECT_NE(
      plan_of(key_by(&click::user) | window(session(30s)).trigger(purging(on_event_time())).allowed_lateness(1min) |
              aggregate<"a">(count(), max(&click::price)))
          .find("aggregate<\"a\">(session(30s), purging(on_event_time()), lateness 1min, count, max_price)"),
      std::string::npos);
  EXPECT_NE(plan_of(key_by(&click::user) | window(count_window(9)) | process<"p">(described_shortly{}))
                .find("the state of process 'p' keeps a row for every key"),
            std::string::npos);
  EXPECT_EQ(plan_of(key_by(&click::user) | window(count_window(9)) | process<"p">(described_shortly{}, bounded_keys(5)))
                .find("the state of process 'p' keeps a row for every key"),
            std::string::npos);
}

TEST(panes, that_are_open_at_the_end_are_counted) {
  auto harness = sums(window(count_window(3)));
  harness.push({1, 1}, 5ms);
  harness.push({2, 1}, 5ms);
  harness.snapshot_restore();
  harness.push({3, 1}, 5ms);
  harness.end();
  EXPECT_EQ(harness.report().find("sums")->open_entries, 3u);
}

}  // namespace
}  // namespace weir::testing
