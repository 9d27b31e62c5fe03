#include "weir/dsl/process.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tests/dsl/results_of.hpp"
#include "weir/dsl/from.hpp"
#include "weir/dsl/map.hpp"
#include "weir/dsl/partitioning.hpp"
#include "weir/dsl/share.hpp"
#include "weir/testkit/operator_harness.hpp"
#include "weir/windows/aggregates.hpp"

namespace {

using namespace weir;
using namespace std::chrono_literals;
using weir::testing::dataflow_driver;
using weir::testing::operator_harness;
using weir::testing::reading;
using weir::testing::reading_at;
using weir::testing::results_of;
using weir::testing::timed_record;
using weir::testing::watermark;

// ---- the example of the documentation -------------------------------------------------------------------------------

using account_id = std::int64_t;
struct transaction {
  BOOST_HANA_DEFINE_STRUCT(transaction, (account_id, account), (double, amount));
};
struct alert {
  BOOST_HANA_DEFINE_STRUCT(alert, (account_id, account));
  friend bool operator==(const alert&, const alert&) = default;
};

/// A large payment within a minute of a small one is suspicious.
struct fraud_detector {
  BOOST_HANA_DEFINE_STRUCT(fraud_detector, (value_state<bool>, small_seen), (value_state<timestamp>, alarm));
  using output_type = alert;

  void process(const transaction& t, process_context<account_id>& context, collector<alert>& out) {
    if (small_seen.has_value()) {
      if (t.amount > 500) out(alert{context.key()});
      context.delete_event_time_timer(*alarm);
      forget();
    }
    if (t.amount < 1) {
      small_seen = true;
      alarm = *context.timestamp() + 1min;
      context.register_event_time_timer(*alarm);
    }
  }
  void on_timer(timestamp at, process_context<account_id>&, collector<alert>&) {
    EXPECT_EQ(at, *alarm);
    forget();
  }

 private:
  void forget() {
    small_seen.clear();
    alarm.clear();
  }
};

/// The same with whatever it is given.
struct generic_fraud_detector {
  BOOST_HANA_DEFINE_STRUCT(generic_fraud_detector, (value_state<bool>, small_seen), (value_state<timestamp>, alarm));
  using output_type = alert;

  void process(const transaction& t, auto& context, auto& out) {
    if (small_seen.has_value()) {
      if (t.amount > 500) out({context.key()});
      context.delete_event_time_timer(*alarm);
      small_seen.clear();
      alarm.clear();
    }
    if (t.amount < 1) {
      small_seen = true;
      alarm = *context.timestamp() + 1min;
      context.register_event_time_timer(*alarm);
    }
  }
  void on_timer(timestamp, auto&, auto&) {
    small_seen.clear();
    alarm.clear();
  }
};

template <class Function>
void expect_alerts() {
  auto harness = operator_harness<transaction>(key_by(&transaction::account) | process<"fraud">(Function{}));
  harness.push({1, 0.5}, 1s);
  harness.push({2, 600}, 2s);
  harness.push({1, 600}, 3s);
  harness.push({1, 600}, 4s);
  EXPECT_EQ(harness.records(), (std::vector<timed_record<alert>>{{{1}, from_epoch_ms(3000)}}));
  harness.push({2, 0.5}, 10s);
  harness.watermark(70s);
  harness.push({2, 600}, 71s);
  EXPECT_EQ(harness.values().size(), 1u) << "a minute is over";
  harness.push({3, 0.5}, 80s);
  harness.watermark(140s - 1ms);
  harness.push({3, 600}, 81s);
  EXPECT_EQ(harness.values(), (std::vector<alert>{{1}, {3}}));
  EXPECT_EQ(harness.report().find("fraud")->records_in, 8u);
  EXPECT_EQ(harness.report().find("fraud")->records_out, 2u);
}

TEST(process, runs_the_example_of_the_documentation) { expect_alerts<fraud_detector>(); }
TEST(process, gives_a_function_whose_parameters_are_auto_the_stage_itself) { expect_alerts<generic_fraud_detector>(); }

TEST(process, is_described_by_function_and_time_to_live) {
  const auto described = job("fraud", from(std::vector<transaction>()) | key_by(&transaction::account) |
                                          process<"fraud">(fraud_detector{}, ttl(90min)) | to<"out">(discard()));
  const std::string plan = described.plan();
  EXPECT_NE(plan.find("fraud_detector, ttl 90min"), std::string::npos) << plan;
}

// ---- the timer cases TIMER-01 to TIMER-05 (observed on Apache Flink 2.2.0)
// -------------------------------------------

struct command {
  char action;  ///< E: event-time timer, P: processing-time timer, W: emit the watermark, I: increment and emit
  char sign = '+';
  std::int64_t at = 0;
};
struct order {
  BOOST_HANA_DEFINE_STRUCT(order, (std::string, key), (std::string, commands));
};

std::vector<command> commands_of(std::string_view text) {
  std::vector<command> found;
  while (!text.empty()) {
    const std::string_view one = text.substr(0, text.find(';'));
    text.remove_prefix(std::min(text.size(), one.size() + 1));
    if (one.size() > 3 && one[2] == ' ') {
      found.push_back({one[0], one[1], std::stoll(std::string(one.substr(3)))});
    } else {
      found.push_back({one[0]});
    }
  }
  return found;
}

constexpr processing_clock::time_point wall_ms(std::int64_t ms) {
  return processing_clock::time_point(std::chrono::milliseconds(ms));
}

struct commanded {
  BOOST_HANA_DEFINE_STRUCT(commanded, (value_state<std::int64_t>, count));
  using output_type = std::string;
  std::int64_t rearm = 0;
  std::int64_t limit = 0;

  commanded() = default;
  commanded(std::int64_t again, std::int64_t until) : rearm(again), limit(until) {}

  void process(const order& given, process_context<std::string>& context, collector<std::string>& out) {
    for (const command& each : commands_of(given.commands)) {
      const bool adds = each.sign == '+';
      switch (each.action) {
        case 'E':
          if (adds) context.register_event_time_timer(from_epoch_ms(each.at));
          if (!adds) context.delete_event_time_timer(from_epoch_ms(each.at));
          break;
        case 'P':
          if (adds) context.register_processing_time_timer(wall_ms(each.at));
          if (!adds) context.delete_processing_time_timer(wall_ms(each.at));
          break;
        case 'W':
          out("wm=" + std::to_string(epoch_ms(context.current_watermark())));
          break;
        default:
          count = count.value_or(0) + 1;
          out("cnt=" + std::to_string(*count));
      }
    }
  }
  void on_timer(timestamp at, process_context<std::string>& context, collector<std::string>& out) {
    EXPECT_EQ(context.timestamp(), at);
    out("E:" + context.key() + ":" + std::to_string(epoch_ms(at)) + seen());
    if (rearm != 0 && epoch_ms(at) + rearm <= limit) {
      context.register_event_time_timer(at + std::chrono::milliseconds(rearm));
    }
  }
  void on_timer(processing_clock::time_point at, process_context<std::string>& context, collector<std::string>& out) {
    EXPECT_EQ(context.timestamp(), std::nullopt);
    EXPECT_GE(context.processing_time(), at);
    out("P:" + context.key() + ":" + std::to_string(at.time_since_epoch().count()) + seen());
  }
  std::string seen() { return count.has_value() ? ":cnt=" + std::to_string(*count) : ""; }
};

using item = weir::testing::output_item<std::string>;
item said(std::string text, std::int64_t time) {
  return timed_record<std::string>{std::move(text), from_epoch_ms(time)};
}
item passed(std::int64_t time) { return watermark{from_epoch_ms(time)}; }
constexpr std::int64_t no_time = std::numeric_limits<std::int64_t>::min();

auto commanded_harness(commanded function = {}) {
  return operator_harness<order>(key_by(&order::key) | process<"commands">(std::move(function)));
}

TEST(process, timer_01_fires_a_time_once_and_in_order) {
  auto harness = commanded_harness();
  harness.push({"a", "E+ 5;E+ 5;E+ 3;E+ 4"}, 0ms);
  harness.push({"b", "E+ 4"}, 0ms);
  harness.push({"a", "E+ 5"}, 1ms);
  harness.watermark(2ms);
  EXPECT_EQ(harness.take_output(), (std::vector<item>{passed(2)}));
  harness.watermark(3ms);
  EXPECT_EQ(harness.take_output(), (std::vector<item>{said("E:a:3", 3), passed(3)}));
  harness.watermark(5ms);
  auto fired = harness.take_output();
  ASSERT_EQ(fired.size(), 4u);
  if (fired[0] == said("E:a:4", 4)) std::swap(fired[0], fired[1]);  // keys of one time are in no order
  EXPECT_EQ(fired, (std::vector<item>{said("E:b:4", 4), said("E:a:4", 4), said("E:a:5", 5), passed(5)}));
  harness.watermark(6ms);
  EXPECT_EQ(harness.take_output(), (std::vector<item>{passed(6)}));
}

TEST(process, timer_02_deletes_by_key) {
  auto harness = commanded_harness();
  harness.push({"a", "E+ 5;E+ 6;E- 5;E- 99"}, 0ms);
  harness.push({"b", "E+ 5;E- 6"}, 0ms);
  harness.watermark(10ms);
  EXPECT_EQ(harness.take_output(), (std::vector<item>{said("E:b:5", 5), said("E:a:6", 6), passed(10)}));
}

TEST(process, timer_03_fires_a_time_in_the_past_with_the_next_watermark) {
  auto harness = commanded_harness();
  harness.watermark(100ms);
  harness.push({"a", "WM;E+ 50;E+ 100"}, 120ms);
  harness.push({"a", "WM"}, 130ms);
  harness.watermark(101ms);
  EXPECT_EQ(harness.take_output(), (std::vector<item>{passed(100), said("wm=100", 120), said("wm=100", 130),
                                                      said("E:a:50", 50), said("E:a:100", 100), passed(101)}));
}

TEST(process, timer_04_fires_what_a_callback_registers_in_the_same_advance) {
  auto harness = commanded_harness(commanded(10, 50));
  harness.push({"a", "E+ 10"}, 0ms);
  harness.watermark(35ms);
  EXPECT_EQ(harness.take_output(),
            (std::vector<item>{said("E:a:10", 10), said("E:a:20", 20), said("E:a:30", 30), passed(35)}));
  harness.watermark(100ms);
  EXPECT_EQ(harness.take_output(), (std::vector<item>{said("E:a:40", 40), said("E:a:50", 50), passed(100)}));
}

TEST(process, timer_06_survives_a_snapshot) {
  for (const std::size_t slots : {1u, 3u}) {
    auto harness = operator_harness<order>(key_by(&order::key) | process<"commands">(commanded()), {.snapshots = true});
    harness.push({"a", "INC;E+ 10"}, 1ms);
    harness.push({"b", "INC;INC;E+ 10;P+ 20"}, 1ms);
    EXPECT_EQ(harness.take_output(), (std::vector<item>{said("cnt=1", 1), said("cnt=1", 1), said("cnt=2", 1)}));
    harness.snapshot_restore(slots);
    harness.push({"a", "INC;WM"}, 2ms);
    EXPECT_EQ(harness.take_output(), (std::vector<item>{said("cnt=2", 2), said("wm=-9223372036854775808", 2)}));
    harness.watermark(10ms);
    std::vector<std::string> fired = harness.values();
    std::sort(fired.begin(), fired.end());  // keys of one time are in no order
    EXPECT_EQ(fired, (std::vector<std::string>{"E:a:10:cnt=2", "E:b:10:cnt=2"}));
    for (const auto& each : harness.records()) EXPECT_EQ(each.time, from_epoch_ms(10));
    harness.take_output();
    harness.advance_processing_time(20ms);
    const auto by_clock = harness.records();
    ASSERT_EQ(by_clock.size(), 1u);
    EXPECT_EQ(by_clock.front().value, "P:b:20:cnt=2");
  }
}

TEST(process, timer_05_fires_by_the_wall_clock_without_a_time_of_its_own) {
  auto harness = commanded_harness();
  harness.advance_processing_time(1ms);
  harness.push({"a", "P+ 5;P+ 5;P+ 3"}, min_timestamp);
  harness.push({"b", "P+ 4"}, min_timestamp);
  harness.advance_processing_time(1ms);
  EXPECT_TRUE(harness.output().empty());
  harness.advance_processing_time(2ms);
  EXPECT_EQ(harness.take_output(), (std::vector<item>{said("P:a:3", no_time), said("P:b:4", no_time)}));
  harness.advance_processing_time(6ms);
  EXPECT_EQ(harness.take_output(), (std::vector<item>{said("P:a:5", no_time)}));
  harness.push({"a", "P+ 2"}, min_timestamp);
  harness.advance_processing_time(1ms);
  EXPECT_EQ(harness.take_output(), (std::vector<item>{said("P:a:2", no_time)}));
}

TEST(process, fires_every_event_time_timer_at_the_end_and_no_other) {
  auto harness = commanded_harness();
  harness.push({"a", "E+ 10;P+ 20;P+ 30"}, 0ms);
  harness.push({"b", "E+ 9223372036854775807;P+ 20"}, 0ms);
  harness.end();
  EXPECT_EQ(harness.values(), (std::vector<std::string>{"E:a:10", "E:b:9223372036854775807"}));
  EXPECT_EQ(harness.report().find("commands")->open_entries, 3u) << "the timers that are pending";
}

TEST(process, counts_what_is_pending_when_the_input_is_stopped) {
  auto harness = commanded_harness();
  harness.push({"a", "E+ 10;P+ 20"}, 0ms);
  harness.stop();
  EXPECT_TRUE(harness.values().empty());
  EXPECT_EQ(harness.report().find("commands")->open_entries, 2u);
}

// ---- the operator alone ---------------------------------------------------------------------------------------------

/// What operators see of a stage that they are alone in.
template <class Meta>
struct lone_emitter {
  std::vector<item>* into;
  Meta held;
  std::size_t room = 1000;

  void operator()(std::string value) const {
    into->push_back(said(std::move(value), epoch_ms(detail::event_time_of(held))));
  }
  const Meta& meta() const { return held; }
  template <class Other>
  lone_emitter<Other> with(const Other& other) const {
    return {into, other, room};
  }
  template <fixed_string Tag>
  static constexpr bool has_side() {
    return false;
  }
  bool full() const { return room == 0; }
  std::size_t emits_between_looks(std::size_t most) const { return std::min(most, room); }
};

template <class Function, bool WithTtl = false>
class lone_operator {
 public:
  using operator_type =
      detail::process_operator<order, std::string, true, detail::key_selector<std::string order::*>, Function, WithTtl>;
  using row_type = typename operator_type::row_type;

  explicit lone_operator(Function function = {}, std::optional<ttl> expiry = std::nullopt)
      : operator_({&order::key}, std::move(function), expiry) {
    subtask_.clock = &clock_;
    detail::operator_context context{subtask_, metrics_, shared_};
    operator_.open(context);
  }

  void push(const order& given) {
    const std::uint64_t hash = stable_hash(given.key);
    using meta = detail::record_meta<detail::columns{true, true}>;
    auto local = operator_.batch_local();
    local.process(order(given), lone_emitter<meta>{&output, meta{from_epoch_ms(0), hash}});
    operator_.absorb(local, 1);
  }
  /// Without room the output is full from the start.
  detail::advance_result watermark(std::int64_t ms, std::size_t room = 1000) {
    return operator_.on_watermark(from_epoch_ms(ms), lone_emitter<detail::no_meta>{&output, {}, room});
  }
  detail::advance_result wall(std::int64_t ms, std::size_t room = 1000) {
    return operator_.on_processing_time(wall_ms(ms), lone_emitter<detail::no_meta>{&output, {}, room});
  }
  weir::testing::manual_clock& clock() { return clock_; }
  operator_type* operator->() { return &operator_; }
  std::pair<std::uint64_t, std::uint64_t> timers() const {
    return {operator_.registered_timers(detail::time_domain::event),
            operator_.registered_timers(detail::time_domain::processing)};
  }

  std::vector<item> output;

 private:
  weir::testing::manual_clock clock_;
  detail::subtask_context subtask_;
  detail::operator_metrics metrics_;
  detail::shared_operator_state shared_;
  operator_type operator_;
};

using timer_counts = std::pair<std::uint64_t, std::uint64_t>;

TEST(process_operator, knows_how_many_timers_are_registered) {
  lone_operator<commanded> alone;
  alone.push({"a", "E+ 5;E+ 5;E+ 3;E+ 4"});
  EXPECT_EQ(alone.timers(), timer_counts(3, 0));
  alone.push({"b", "E+ 4"});
  alone.push({"a", "E+ 5"});
  EXPECT_EQ(alone.timers(), timer_counts(4, 0));
  alone.watermark(3);
  EXPECT_EQ(alone.timers(), timer_counts(3, 0));
  alone.push({"a", "E- 4;E- 4;P+ 7;P+ 7"});
  EXPECT_EQ(alone.timers(), timer_counts(2, 1));
  EXPECT_EQ(alone->next_processing_timer(), wall_ms(7));
  alone.watermark(5);
  alone.wall(7);
  EXPECT_EQ(alone.timers(), timer_counts(0, 0));
  EXPECT_EQ(alone->next_processing_timer(), processing_clock::time_point::max());
  EXPECT_EQ(alone.output,
            (std::vector<item>{said("E:a:3", 3), said("E:b:4", 4), said("E:a:5", 5), said("P:a:7", no_time)}));
}

TEST(process_operator, goes_on_where_it_was_once_a_full_output_has_room) {
  lone_operator<commanded> alone;
  alone.push({"a", "E+ 1;E+ 2;E+ 3;P+ 1;P+ 2"});
  for (const std::int64_t at : {1, 2, 3}) {
    const auto result = alone.watermark(5, 0);
    EXPECT_FALSE(result.done);
    EXPECT_EQ(result.emitted, 1u);
    EXPECT_EQ(alone.output.back(), said("E:a:" + std::to_string(at), at));
  }
  EXPECT_TRUE(alone.watermark(5, 0).done);
  EXPECT_FALSE(alone.wall(5, 0).done);
  EXPECT_EQ(alone.output.size(), 4u);
  EXPECT_TRUE(alone.wall(5).done);
  EXPECT_EQ(alone.output.size(), 5u);
}

struct whispering {
  using aside = side<"aside", std::string>;
  using side_outputs = weir::side_outputs<aside>;
  using output_type = std::string;
  void process(const order&, auto& context, auto&) {
    for (const std::int64_t at : {1, 2, 3}) context.register_event_time_timer(from_epoch_ms(at));
  }
  void on_timer(timestamp, auto&, auto& out) { out(aside{"psst"}); }
};

TEST(process_operator, looks_for_room_after_emitting_to_a_side_output_only) {
  lone_operator<whispering> alone;
  alone.push({"a", ""});
  for (const std::uint64_t left : {2u, 1u, 0u}) {
    const auto result = alone.watermark(5, 0);
    EXPECT_FALSE(result.done);
    EXPECT_EQ(result.emitted, 0u);
    EXPECT_EQ(alone.timers().first, left);
  }
  EXPECT_TRUE(alone.watermark(5, 0).done);
}

struct silent {
  using output_type = std::string;
  std::int64_t* fired;
  void process(const order&, auto& context, auto&) {
    for (std::int64_t at = 0; at < 10'000; ++at) context.register_event_time_timer(from_epoch_ms(at));
  }
  void on_timer(timestamp, auto&, auto&) { ++*fired; }
};

TEST(process_operator, fires_some_thousand_timers_a_step) {
  std::int64_t fired = 0;
  lone_operator<silent> alone(silent{&fired});
  alone.push({"a", ""});
  std::int64_t steps = 0;
  for (bool done = false; !done; ++steps) {
    const std::int64_t before = fired;
    done = alone.watermark(20'000).done;
    EXPECT_LE(fired - before, 5'000);
  }
  EXPECT_EQ(fired, 10'000);
  EXPECT_LE(steps, 6);
}

TEST(process_operator, describes_its_rows) {
  EXPECT_EQ(schema_text(lone_operator<commanded>::operator_type::rows()), "count: value<int64>; timers");
}

TEST(process_operator, drops_a_row_in_which_nothing_is_left) {
  lone_operator<commanded> alone;
  alone.push({"a", "W"});
  EXPECT_EQ(alone->table().size(), 0u);
  alone.push({"a", "E+ 5"});
  alone.push({"b", "P+ 5"});
  EXPECT_EQ(alone->table().size(), 2u);
  alone.push({"b", "P- 5"});
  EXPECT_EQ(alone->table().size(), 1u);
  alone.watermark(5);
  EXPECT_EQ(alone->table().size(), 0u);
  alone.push({"a", "I"});
  alone.push({"b", "I"});
  EXPECT_EQ(alone->table().size(), 2u);
  EXPECT_EQ(alone.output.back(), said("cnt=1", 0));
}

TEST(process_operator, does_not_keep_deleted_timers_for_long) {
  lone_operator<commanded> alone;
  alone.push({"kept", "E+ 1000"});
  for (int round = 0; round < 50'000; ++round) {  // some times come back again and again
    const std::string at = std::to_string(2000 + round % 700);
    alone.push({"a", "E+ " + at + ";P+ " + at});
    alone.push({"a", "E- " + at + ";P- " + at});
    ASSERT_LE(alone->queued_timers(detail::time_domain::event), 1100u);
    ASSERT_LE(alone->queued_timers(detail::time_domain::processing), 1100u);
  }
  alone.push({"b", "E+ 5;E- 5;E+ 5"});
  alone.push({"b", "E+ 2000"});
  EXPECT_EQ(alone.timers(), timer_counts(3, 0));
  alone.watermark(3000);
  EXPECT_EQ(alone.output, (std::vector<item>{said("E:b:5", 5), said("E:kept:1000", 1000), said("E:b:2000", 2000)}));
}

TEST(process_operator, keeps_timers_that_were_deleted_and_registered_again_through_a_compaction) {
  lone_operator<commanded> alone;
  for (int round = 0; round < 3'000; ++round) alone.push({"a", "E+ 7;E- 7"});
  alone.push({"a", "E+ 7"});
  for (int round = 0; round < 3'000; ++round) alone.push({"b", "E+ 8;E- 8;E+ 8"});
  alone.watermark(10);
  EXPECT_EQ(alone.output, (std::vector<item>{said("E:a:7", 7), said("E:b:8", 8)}));
  EXPECT_EQ(alone.timers(), timer_counts(0, 0));
}

TEST(process_operator, fires_the_timers_of_rows_from_a_snapshot) {
  lone_operator<commanded> before;
  before.push({"a", "I;E+ 10"});
  before.push({"b", "I;I;E+ 10;P+ 20"});
  lone_operator<commanded> after;
  before->table().for_each([&](std::string_view key, auto& row) {
    std::string bytes;
    encode(row, bytes);
    std::string_view in = bytes;
    const std::string owned_key(key);
    const std::uint64_t hash = stable_hash(key);
    auto& read = after->table().find_or_create(owned_key, hash, [] { return lone_operator<commanded>::row_type(); });
    decode_into(in, read);
    after->take_timers_of(owned_key, hash, read);
  });
  EXPECT_EQ(after.timers(), timer_counts(2, 1));
  after.push({"a", "I;W"});
  EXPECT_EQ(after.output, (std::vector<item>{said("cnt=2", 0), said("wm=-9223372036854775808", 0)}));
  after.output.clear();
  after.watermark(10);
  if (after.output.at(0) == said("E:b:10:cnt=2", 10)) std::swap(after.output.at(0), after.output.at(1));
  EXPECT_EQ(after.output, (std::vector<item>{said("E:a:10:cnt=2", 10), said("E:b:10:cnt=2", 10)}));
  after.wall(20);
  EXPECT_EQ(after.output.back(), said("P:b:20:cnt=2", no_time));
  EXPECT_EQ(after.timers(), timer_counts(0, 0));
}

// ---- much output ----------------------------------------------------------------------------------------------------

/// A timer for each of a thousand times, which each emit several records.
struct burst {
  BOOST_HANA_DEFINE_STRUCT(burst, (value_state<std::int64_t>, fired));
  using output_type = reading;
  std::int64_t timers;
  explicit burst(std::int64_t count) : timers(count) {}

  void process(const reading& r, auto& context, auto&) {
    for (std::int64_t i = 0; i < timers; ++i) {
      context.register_event_time_timer(r.at + std::chrono::milliseconds(1 + (i * 7919) % timers));
    }
  }
  void on_timer(timestamp at, auto& context, auto& out) {
    fired = fired.value_or(0) + 1;
    for (int i = 0; i < 10; ++i) out(reading{context.key(), at, *fired});
  }
};

TEST(process, fires_many_timers_through_the_smallest_channels) {
  constexpr std::int64_t timers = 1000;
  std::vector<reading> input;
  for (std::int32_t sensor = 0; sensor < 10; ++sensor) input.push_back(reading_at(0, 0, sensor));
  std::vector<reading> results;
  const auto described = job("bursts", from(input, event_time(&reading::at, ascending())) | key_by(&reading::sensor) |
                                           process<"burst">(burst(timers)) | rebalance() |
                                           map([](const reading& r) { return r; }) | to<"out">(into(results)));
  dataflow_driver driver(described, {.slots = 1, .batch_records = 1, .channel_capacity = 1});
  driver.run();
  ASSERT_EQ(results.size(), 10u * 10 * timers);
  std::map<std::int32_t, std::int64_t> seen;
  timestamp last = min_timestamp;
  for (const reading& r : results) {
    EXPECT_GE(r.at, last) << "in order of their times";
    last = r.at;
    const std::int64_t count = seen[r.sensor]++;
    ASSERT_EQ(epoch_ms(r.at), 1 + count / 10);
    ASSERT_EQ(r.value, 1 + count / 10);
  }
  EXPECT_EQ(driver.report().find("burst")->records_out, 10u * 10 * timers);
}

// ---- times, keys, copies --------------------------------------------------------------------------------------------

struct time_teller {
  using output_type = std::string;
  void process(const std::string& word, auto& context, auto& out) {
    out(word + "@" + (context.timestamp() ? std::to_string(epoch_ms(*context.timestamp())) : "none") + " " +
        std::to_string(context.processing_time().time_since_epoch().count()));
  }
};

TEST(process, on_a_plain_stream_sees_the_times) {
  auto harness = operator_harness<std::string>(process<"times">(time_teller{}));
  harness.push("a", 5ms);
  harness.advance_processing_time(7ms);
  harness.push("b", min_timestamp);
  EXPECT_EQ(harness.records(),
            (std::vector<timed_record<std::string>>{{"a@5 0", from_epoch_ms(5)}, {"b@none 7", min_timestamp}}));
  auto timeless = operator_harness<std::string, no_clock>(process<"times">(time_teller{}));
  timeless.push("c");
  EXPECT_EQ(timeless.values(), (std::vector<std::string>{"c@none 0"}));
}

struct watermark_teller {
  using output_type = std::int64_t;
  void process(const int&, process_context<>& context, collector<std::int64_t>& out) {
    out(epoch_ms(context.current_watermark()));
  }
};

TEST(process, on_a_plain_stream_sees_the_watermark) {
  auto harness = operator_harness<int>(process<"watermarks">(watermark_teller{}));
  harness.push(1, 5ms);
  harness.watermark(9ms);
  harness.push(1, 15ms);
  EXPECT_EQ(harness.values(), (std::vector<std::int64_t>{no_time, 9}));
}

/// Counts the copies that were opened, over all of them, and its own calls.
struct opened {
  using output_type = int;
  std::shared_ptr<int> opens = std::make_shared<int>(0);
  int own_calls = 0;
  void open() { ++*opens; }
  void process(const int&, auto&, auto& out) { out(++own_calls); }
};

TEST(process, copies_and_opens_the_function_once_per_subtask) {
  opened function;
  const auto results =
      results_of(from({1, 2, 3, 4}) | rebalance() | parallelism(2) | process<"opened">(function), {.slots = 1});
  EXPECT_EQ(*function.opens, 2);
  EXPECT_EQ(function.own_calls, 0);
  EXPECT_EQ(std::count(results.begin(), results.end(), 2), 2) << "two calls of each copy";
}

struct early {
  BOOST_HANA_DEFINE_STRUCT(early, (value_state<int>, count));
  using output_type = int;
  void open() { count = 1; }
  void process(const int&, auto&, auto&) {}
};

TEST(process, refuses_state_in_open) {
  EXPECT_THROW(operator_harness<int>(key_by([](int i) { return i; }) | process<"early">(early{})), error);
}

struct forgetful {
  using output_type = int;
  bool by_event;
  explicit forgetful(bool event) : by_event(event) {}
  void process(const int&, auto& context, auto&) {
    if (by_event) {
      context.register_event_time_timer(from_epoch_ms(5));
    } else {
      context.register_processing_time_timer(wall_ms(5));
    }
  }
};

TEST(process, says_so_when_a_timer_has_nobody_to_fire) {
  for (const bool by_event : {true, false}) {
    auto harness = operator_harness<int>(key_by([](int i) { return i; }) | process<"forgetful">(forgetful(by_event)));
    try {
      harness.push(1, 0ms);
      FAIL() << "there is no on_timer";
    } catch (const error& failure) {
      EXPECT_NE(
          std::string(failure.what())
              .find(by_event ? "add void on_timer(timestamp at" : "add void on_timer(processing_clock::time_point at"),
          std::string::npos)
          << failure.what();
    }
  }
}

struct word {
  BOOST_HANA_DEFINE_STRUCT(word, (std::string_view, text), (std::int32_t, count));
};
/// Keeps the longest of its words, and emits a view of the state.
struct word_keeper {
  BOOST_HANA_DEFINE_STRUCT(word_keeper, (value_state<owned_t<word>>, last),
                           (reducing_state<std::int32_t, std::plus<>>, sum));
  using output_type = word;
  void process(const word& w, process_context<std::string_view>& context, auto& out) {
    EXPECT_EQ(context.key(), w.text);
    sum.add(w.count);
    last = w;
    out(word{(*last)->text, *sum});
    if (*sum == 3) context.register_event_time_timer(from_epoch_ms(5));
  }
  void on_timer(timestamp, process_context<std::string_view>& context, collector<word>& out) {
    out(word{context.key(), -1});
    sum.clear();
    last.clear();
  }
};

TEST(process, takes_keys_and_records_that_borrow) {
  auto harness = operator_harness<word>(key_by(&word::text) | process<"words">(word_keeper{}));
  const std::string text = "a word that is too long to lie in place";
  for (const int count : {1, 2, 3}) {
    std::string borrowed = text;
    harness.push(word{borrowed, count}, 0ms);
    borrowed.assign(borrowed.size(), '?');
  }
  harness.watermark(5ms);
  std::vector<std::pair<std::string, int>> seen;
  for (const auto& each : harness.values()) seen.emplace_back(each->text, each->count);
  EXPECT_EQ(seen, (std::vector<std::pair<std::string, int>>{{text, 1}, {text, 3}, {text, 6}, {text, -1}}));
}

struct averages {
  BOOST_HANA_DEFINE_STRUCT(averages, (aggregating_state<decltype(avg(&reading::value)), reading>, mean));
  using output_type = double;
  averages() : mean(avg(&reading::value)) {}
  void process(const reading& r, auto&, auto& out) {
    mean.add(r);
    out(mean.value());
  }
};

TEST(process, may_keep_the_aggregates_of_windows) {
  EXPECT_EQ(results_of(from({reading_at(0, 1, 1), reading_at(0, 5, 2), reading_at(0, 4, 1)}) |
                       key_by(&reading::sensor) | process<"averages">(averages{})),
            (std::vector<double>{1, 5, 2.5}));
}

// ---- side outputs ---------------------------------------------------------------------------------------------------

struct audit_entry {
  BOOST_HANA_DEFINE_STRUCT(audit_entry, (std::string, text));
  friend bool operator==(const audit_entry&, const audit_entry&) = default;
};

struct audited {
  using audit = side<"audit", audit_entry>;
  using numbers = side<"numbers", int>;
  using side_outputs = weir::side_outputs<audit, numbers>;
  using output_type = std::string;

  void process(const order& given, process_context<std::string>& context, collector<std::string, audit, numbers>& out) {
    out(given.commands);
    out(audit{{given.key}});
    out(numbers{static_cast<int>(given.commands.size())});
    context.register_event_time_timer(from_epoch_ms(50));
    context.register_processing_time_timer(wall_ms(60));
  }
  void on_timer(auto at, auto& context, auto& out) {
    out(audit{"timer of " + context.key()});
    out("fired at " + std::to_string(at.time_since_epoch().count()));
  }
};

TEST(process, emits_to_side_outputs_with_the_time_of_what_causes_it) {
  auto harness = operator_harness<order>(key_by(&order::key) | process<"audited">(audited{}));
  harness.push({"a", "one"}, 5ms);
  harness.watermark(50ms);
  harness.advance_processing_time(60ms);
  EXPECT_EQ(harness.records(),
            (std::vector<timed_record<std::string>>{
                {"one", from_epoch_ms(5)}, {"fired at 50", from_epoch_ms(50)}, {"fired at 60", min_timestamp}}));
  EXPECT_EQ(harness.side<"audit">(),
            (std::vector<timed_record<audit_entry>>{
                {{"a"}, from_epoch_ms(5)}, {{"timer of a"}, from_epoch_ms(50)}, {{"timer of a"}, min_timestamp}}));
  EXPECT_EQ(harness.side<"numbers">(), (std::vector<timed_record<int>>{{3, from_epoch_ms(5)}}));
}

struct parity {
  using odd = side<"odd", int>;
  using side_outputs = weir::side_outputs<odd>;
  using output_type = int;
  void process(const int& i, auto&, auto& out) {
    if (i % 2 == 0) out(i);
    if (i % 2 != 0) out(odd{i});
  }
};

TEST(process, has_side_outputs_that_can_be_split_off) {
  std::vector<int> even;
  std::vector<int> odd;
  auto [rest, split_off] = from({1, 2, 3, 4, 5}) | process<"parity">(parity{}) | split<"odd">();
  job("parity", std::move(rest) | to<"even">(into(even)), std::move(split_off) | to<"odd">(into(odd)))
      .run({.slots = 1});
  EXPECT_EQ(even, (std::vector<int>{2, 4}));
  EXPECT_EQ(odd, (std::vector<int>{1, 3, 5}));
  EXPECT_EQ(results_of(from({1, 2, 3, 4}) | process<"parity">(parity{})), (std::vector<int>{2, 4}))
      << "what nobody takes is dropped";
}

// ---- time to live: the cases TTL-01 and TTL-05 (observed on Apache Flink 2.2.0), and the other modes
// -----------------

struct expiring {
  BOOST_HANA_DEFINE_STRUCT(expiring, (value_state<int>, value), (list_state<int>, list),
                           (map_state<std::string, int>, map));
  using output_type = std::string;

  void process(const order& given, auto&, auto& out) {
    std::string_view text = given.commands;
    while (!text.empty()) {
      const std::string one(text.substr(0, text.find(';')));
      text.remove_prefix(std::min(text.size(), one.size() + 1));
      run(one, out);
    }
  }

 private:
  void run(const std::string& text, auto& out) {
    const std::string verb = text.substr(0, text.find(' '));
    const std::string rest = verb.size() == text.size() ? "" : text.substr(verb.size() + 1);
    if (verb == "vput") value = std::stoi(rest);
    if (verb == "vget") out("v=" + (value.has_value() ? std::to_string(*value) : "null"));
    if (verb == "vclear") value.clear();
    if (verb == "ladd") list.add(std::stoi(rest));
    if (verb == "lget") out("l=" + joined(list.get(), [](int i) { return std::to_string(i); }));
    if (verb == "mput") map.put(rest.substr(0, 1), std::stoi(rest.substr(2)));
    if (verb == "mget") {
      const int* const found = map.get(rest);
      out("m[" + rest + "]=" + (found != nullptr ? std::to_string(*found) : "null"));
    }
    if (verb == "mhas") out("has[" + rest + "]=" + (map.contains(rest) ? "true" : "false"));
    if (verb == "mkeys") out("keys=" + joined(map.keys(), [](const std::string& key) { return key; }));
  }
  static std::string joined(const auto& range, const auto& text_of) {
    std::string text = "[";
    for (const auto& each : range) text += (text.size() > 1 ? "," : "") + text_of(each);
    return text + "]";
  }
};

/// Runs commands at times of the wall clock and says what they answered.
std::vector<std::string> answers(const ttl& expiry, const std::vector<std::pair<std::int64_t, std::string>>& steps) {
  auto harness = operator_harness<order, no_clock>(key_by(&order::key) |
                                                   process<"expiring">(expiring{}, expiry.no_background_cleanup()));
  std::int64_t now = 0;
  for (const auto& [at, commands] : steps) {
    harness.advance_processing_time(std::chrono::milliseconds(at - std::exchange(now, at)));
    harness.push({"k", commands});
  }
  return harness.values();
}
using texts = std::vector<std::string>;

TEST(process, ttl_01_expires_values_elements_and_entries) {
  EXPECT_EQ(answers(ttl(100ms), {{0, "vput 1;ladd 1;mput a 1"},
                                 {50, "vget;lget;mget a"},
                                 {50, "ladd 2;mput b 2"},
                                 {99, "vget"},
                                 {100, "vget;lget;mget a;mhas a;mget b;mkeys"},
                                 {149, "lget;mkeys"},
                                 {150, "vget;lget;mget b;mkeys"}}),
            (texts{"v=1", "l=[1]", "m[a]=1", "v=1", "v=null", "l=[2]", "m[a]=null", "has[a]=false", "m[b]=2",
                   "keys=[b]", "l=[2]", "keys=[b]", "v=null", "l=[]", "m[b]=null", "keys=[]"}));
}

TEST(process, ttl_05_is_refreshed_by_writing) {
  EXPECT_EQ(answers(ttl(100ms), {{0, "vput 1"}, {90, "vput 2"}, {189, "vget"}, {190, "vget"}}),
            (texts{"v=2", "v=null"}));
}

TEST(process, ttl_is_refreshed_by_reading_where_that_is_wanted) {
  EXPECT_EQ(answers(ttl(100ms).refresh_on_read(), {{0, "vput 1;ladd 1;mput a 1;mput b 2"},
                                                   {60, "vget;lget;mget a"},
                                                   {120, "vget;lget;mkeys"},
                                                   {219, "vget;lget;mget a"},
                                                   {319, "vget;lget;mkeys"}}),
            (texts{"v=1", "l=[1]", "m[a]=1", "v=1", "l=[1]", "keys=[a]", "v=1", "l=[1]", "m[a]=1", "v=null", "l=[]",
                   "keys=[]"}));
}

TEST(process, ttl_returns_what_has_expired_once_where_that_is_wanted) {
  EXPECT_EQ(answers(ttl(100ms).return_expired(), {{0, "vput 1;ladd 1;mput a 1"},
                                                  {50, "ladd 2;mput b 2"},
                                                  {100, "vget;vget;lget;lget;mget a;mget a;mhas a;mget b;mkeys"},
                                                  {150, "mkeys;lget"}}),
            (texts{"v=1", "v=null", "l=[1,2]", "l=[1,2]", "m[a]=1", "m[a]=null", "has[a]=false", "m[b]=2", "keys=[b]",
                   "keys=[]", "l=[1,2]"}));
}

struct remembered {
  BOOST_HANA_DEFINE_STRUCT(remembered, (value_state<int>, value), (list_state<int>, list));
  using output_type = std::string;
  void process(const order&, auto&, auto&) {
    value = 1;
    list.add(1);
  }
};

TEST(process_operator, removes_expired_state_in_the_background) {
  lone_operator<remembered, true> alone({}, ttl(100ms));
  lone_operator<remembered, true> uncleaned({}, ttl(100ms).no_background_cleanup());
  for (auto* each : {&alone, &uncleaned}) {
    for (int key = 0; key < 1000; ++key) each->push({std::to_string(key), ""});
    EXPECT_EQ((*each)->table().size(), 1000u);
    each->clock().advance(99ms);
    for (int i = 0; i < 700; ++i) each->push({"other", ""});
    EXPECT_EQ((*each)->table().size(), 1001u) << "nothing has expired";
    each->clock().advance(26ms);
    for (int i = 0; i < 700; ++i) each->push({"other", ""});
  }
  EXPECT_EQ(alone->table().size(), 1u);
  EXPECT_EQ(uncleaned->table().size(), 1001u);
}

}  // namespace
