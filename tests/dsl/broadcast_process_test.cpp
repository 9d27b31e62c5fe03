#include "weir/dsl/broadcast_process.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <map>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "tests/dsl/results_of.hpp"
#include "weir/connectors/csv.hpp"
#include "weir/dsl/from.hpp"
#include "weir/dsl/map.hpp"
#include "weir/dsl/partitioning.hpp"
#include "weir/runtime/checkpoint_mailbox.hpp"
#include "weir/runtime/subtask_snapshot.hpp"
#include "weir/state/state_schema.hpp"
#include "weir/testkit/co_operator_harness.hpp"
#include "weir/testkit/exactly_once.hpp"
#include "weir/testkit/manual_clock.hpp"

namespace {

using namespace weir;
using namespace std::chrono_literals;
using ::testing::HasSubstr;
using ::testing::UnorderedElementsAre;
using weir::testing::co_operator_harness;
using weir::testing::driver_options;
using weir::testing::reading;
using weir::testing::reading_at;
using weir::testing::timed_record;
using weir::testing::watermark;
using texts = std::vector<std::string>;

struct payment {
  BOOST_HANA_DEFINE_STRUCT(payment, (std::string, customer), (std::int64_t, cents));
};
struct rule {
  BOOST_HANA_DEFINE_STRUCT(rule, (std::string, action), (std::string, name), (std::int64_t, limit));
};

/// Says which limits a customer has exceeded; what was spent is forgotten 10 ms after the last payment.
struct limits {
  BOOST_HANA_DEFINE_STRUCT(limits, (value_state<std::int64_t>, spent), (broadcast_map_state<std::string, rule>, rules),
                           (value_state<timestamp>, forget));
  using audit = side<"audit", std::string>;
  using side_outputs = weir::side_outputs<audit>;
  using output_type = std::string;

  void process_element(const payment& p, process_context<std::string>& context, collector<std::string, audit>& out) {
    spent = spent.value_or(0) + p.cents;
    if (forget.has_value()) context.delete_event_time_timer(*forget);
    forget = *context.timestamp() + 10ms;
    context.register_event_time_timer(*forget);
    for (const auto& [name, each] : rules.entries()) {
      if (*spent > each.limit) out(name + ": " + context.key() + " " + std::to_string(*spent));
    }
  }
  void process_broadcast_element(const rule& r, auto& context, auto& out) {
    if (r.action == "set") context.write(rules).put(r.name, r);
    if (r.action == "remove") out(audit{context.write(rules).remove(r.name) ? "removed " + r.name : "no " + r.name});
    if (r.action == "clear") context.write(rules).clear();
    if (r.action == "raise") context.write(rules)[r.name].limit += r.limit;
    if (r.action == "show") {
      context.apply_to_keyed_state([&](const std::string& customer) { out(customer + " " + std::to_string(*spent)); });
    }
    if (r.action == "forgive") {
      context.apply_to_keyed_state([&](const std::string&) { spent = std::min(*spent, r.limit); });
    }
    if (r.action == "drop") {
      context.apply_to_keyed_state([&](const std::string&) {
        spent.clear();
        forget.clear();
      });
    }
    if (r.action == "break") spent = r.limit;
    if (r.action == "break later") {
      context.apply_to_keyed_state([](const std::string&) {});
      spent = r.limit;
    }
  }
  void on_timer(timestamp, auto& context, auto& out) {
    out("forgets " + context.key() + " " + std::to_string(spent.value_or(0)));
    spent.clear();
    forget.clear();
  }
};

auto limits_harness(const driver_options& options = {.snapshots = true}) {
  return co_operator_harness<payment, rule>(
      [](auto payments, auto rules) {
        return connect(std::move(payments) | key_by(&payment::customer), std::move(rules) | broadcast()) |
               broadcast_process<"limits">(limits{});
      },
      options);
}

using item = weir::testing::output_item<std::string>;
item said(std::string text, std::int64_t time) {
  return timed_record<std::string>{std::move(text), from_epoch_ms(time)};
}
item passed(std::int64_t time) { return watermark{from_epoch_ms(time)}; }

texts sorted(texts all) {
  std::sort(all.begin(), all.end());
  return all;
}
texts values_of(const std::vector<item>& items) {
  texts found;
  for (const item& each : items) {
    if (const auto* record = std::get_if<timed_record<std::string>>(&each)) found.push_back(record->value);
  }
  return found;
}

TEST(broadcast_process, reads_what_broadcast_records_have_written) {
  auto harness = limits_harness();
  harness.left({"ann", 500}, 1ms);
  harness.right({"set", "large", 600}, 2ms);
  harness.left({"ann", 200}, 3ms);
  harness.left({"bob", 200}, 3ms);
  harness.right({"set", "small", 100}, 4ms);
  harness.left({"bob", 1}, 5ms);
  harness.right({"raise", "small", 1000}, 5ms);
  harness.right({"remove", "large", 0}, 6ms);
  harness.right({"remove", "large", 0}, 7ms);
  harness.left({"ann", 1}, 8ms);
  harness.right({"set", "small", 7}, 8ms);
  harness.left({"ann", 1}, 9ms);
  harness.right({"clear", "", 0}, 9ms);
  harness.left({"ann", 1}, 10ms);
  EXPECT_EQ(harness.take_output(),
            (std::vector<item>{said("large: ann 700", 3), said("small: bob 201", 5), said("small: ann 702", 9)}));
  EXPECT_EQ(harness.side<"audit">(), (std::vector<timed_record<std::string>>{{"removed large", from_epoch_ms(6)},
                                                                             {"no large", from_epoch_ms(7)}}));
  EXPECT_EQ(harness.report().find("limits")->records_in, 14u);
}

TEST(broadcast_process, gives_what_a_broadcast_record_causes_its_time_and_follows_the_slower_stream) {
  auto harness = limits_harness();
  harness.left({"ann", 5}, 1ms);
  harness.left_watermark(30ms);
  EXPECT_TRUE(harness.take_output().empty()) << "the rules have sent no watermark";
  harness.right({"show", "", 0}, 7ms);
  harness.right_watermark(10ms);
  harness.right_watermark(11ms);
  EXPECT_EQ(harness.take_output(),
            (std::vector<item>{said("ann 5", 7), passed(10), said("forgets ann 5", 11), passed(11)}));
  harness.end_right();
  EXPECT_EQ(harness.take_output(), (std::vector<item>{passed(30)}));
}

TEST(broadcast_process, applies_a_function_to_the_state_of_every_key) {
  for (const std::size_t slots : {1u, 3u}) {
    auto harness = limits_harness({.slots = slots, .snapshots = true});
    texts expected;
    for (int customer = 0; customer < 100; ++customer) {
      harness.left({std::to_string(customer), 10 * customer}, 1ms);
      expected.push_back(std::to_string(customer) + " " + std::to_string(std::min(10 * customer, 300)));
    }
    harness.right({"forgive", "", 300}, 2ms);
    harness.right({"show", "", 0}, 2ms);
    EXPECT_EQ(sorted(values_of(harness.take_output())), sorted(expected));
    harness.snapshot_restore();
    harness.right({"show", "", 0}, 2ms);
    EXPECT_EQ(sorted(values_of(harness.take_output())), sorted(expected)) << "the changes are in the snapshot";
    harness.right({"drop", "", 0}, 3ms);
    harness.watermark(11ms);
    const texts forgotten = values_of(harness.take_output());
    EXPECT_EQ(forgotten.size(), 100u) << "timers are left alone";
    EXPECT_EQ(std::count(forgotten.begin(), forgotten.end(), "forgets 7 0"), 1);
    harness.right({"show", "", 0}, 4ms);
    EXPECT_TRUE(values_of(harness.take_output()).empty()) << "rows in which nothing is left are gone";
  }
}

TEST(broadcast_process, refuses_keyed_state_without_a_key) {
  for (const std::string action : {"break", "break later"}) {
    auto harness = limits_harness();
    harness.left({"ann", 5}, 1ms);
    try {
      harness.right({action, "", 1}, 2ms);
      FAIL() << "a broadcast record has no key";
    } catch (const error& refused) {
      EXPECT_THAT(refused.what(), HasSubstr("process_broadcast_element changed keyed state"));
    }
  }
}

TEST(broadcast_process, keeps_all_its_state_in_more_and_fewer_subtasks) {
  for (const std::size_t slots : {1u, 2u, 3u, 7u}) {
    auto harness = limits_harness({.slots = 3, .snapshots = true});
    harness.right({"set", "small", 40}, 1ms);
    harness.right({"set", "large", 70}, 1ms);
    texts expected;
    for (int customer = 0; customer < 30; ++customer) harness.left({std::to_string(customer), 40}, 1ms);
    harness.snapshot_restore(slots);
    harness.take_output();
    for (int customer = 0; customer < 30; ++customer) {
      harness.left({std::to_string(customer), customer + 1}, 2ms);
      const std::string tail = ": " + std::to_string(customer) + " " + std::to_string(41 + customer);
      expected.push_back("small" + tail);
      if (41 + customer > 70) expected.push_back("large" + tail);
    }
    EXPECT_EQ(sorted(values_of(harness.take_output())), sorted(expected)) << slots << " slots";
  }
}

/// Writes what it must not write: something that differs between subtasks.
struct rogue {
  BOOST_HANA_DEFINE_STRUCT(rogue, (broadcast_map_state<std::int64_t, std::int64_t>, held));
  using output_type = std::string;
  std::int64_t subtask = 0;
  void open(const open_context& context) { subtask = static_cast<std::int64_t>(context.subtask); }
  void process_element(const std::int64_t&, auto&, auto&) {}
  void process_broadcast_element(const std::string& action, auto& context, auto& out) {
    if (action == "write") context.write(held).put(0, subtask);
    if (action == "show")
      out(std::to_string(subtask) + " has that of " + std::to_string(held.contains(0) ? *held.get(0) : -1));
  }
};

TEST(broadcast_process, gives_each_subtask_the_copy_of_one_old_one) {
  auto harness = co_operator_harness<std::int64_t, std::string>(
      [](auto numbers, auto actions) {
        return connect(std::move(numbers), std::move(actions) | broadcast()) | broadcast_process<"held">(rogue{});
      },
      {.slots = 2, .snapshots = true});
  const auto shown = [&] {
    harness.take_output();
    harness.right("show", 1ms);
    return values_of(harness.take_output());
  };
  harness.right("write", 1ms);
  harness.snapshot_restore(2);
  EXPECT_THAT(shown(), UnorderedElementsAre("0 has that of 0", "1 has that of 1"));
  harness.snapshot_restore(5);
  EXPECT_THAT(shown(), UnorderedElementsAre("0 has that of 0", "1 has that of 1", "2 has that of 0", "3 has that of 1",
                                            "4 has that of 0"));
  harness.right("write", 1ms);
  harness.snapshot_restore(3);
  EXPECT_THAT(shown(), UnorderedElementsAre("0 has that of 0", "1 has that of 1", "2 has that of 2"));
}

struct unlisted {
  using output_type = std::string;
  broadcast_map_state<std::int64_t, std::int64_t> forgotten;
  void process_element(const std::int64_t&, auto&, auto&) {}
  void process_broadcast_element(const std::int64_t& number, auto& context, auto&) {
    context.write(forgotten).put(number, number);
  }
};

TEST(broadcast_process, refuses_state_that_no_snapshot_would_hold) {
  auto harness = co_operator_harness<std::int64_t, std::int64_t, no_clock>([](auto numbers, auto others) {
    return connect(std::move(numbers), std::move(others) | broadcast()) | broadcast_process<"held">(unlisted{});
  });
  try {
    harness.right(1);
    FAIL() << "the map is not one of the function's states";
  } catch (const error& refused) {
    EXPECT_THAT(refused.what(), HasSubstr("list it in BOOST_HANA_DEFINE_STRUCT"));
  }
}

TEST(broadcast_process, is_in_plans_and_schemas) {
  EXPECT_EQ((row_schema<limits, false, true>()),
            "spent: value<int64>; forget: value<timestamp>; rules: broadcast_map<tuple<string, {action: string, name: "
            "string, "
            "limit: int64}>>; timers");
  const job planned("planned",
                    connect(from({std::int64_t{1}}) | key_by([](std::int64_t i) { return i; }) | parallelism(2),
                            from(texts{"show"}) | broadcast()) |
                        broadcast_process<"held">(rogue{}) | to<"none">(discard()));
  EXPECT_THAT(planned.plan(), HasSubstr("broadcast_process<\"held\">("));
  EXPECT_THAT(planned.plan(), HasSubstr("stage 3, parallelism 2"));
  EXPECT_THAT(planned.plan(), HasSubstr("operator state"));
  EXPECT_THROW(
      connect(from({1}) | key_by([](int i) { return i; }) | parallelism(2), from({2}) | broadcast() | parallelism(3)),
      error);
}

// ---- a snapshot that is being taken ----------------------------------------------------------------------------------

/// Adds each broadcast number to the state of every key.
struct adding {
  BOOST_HANA_DEFINE_STRUCT(adding, (value_state<std::int64_t>, sum));
  using output_type = std::int64_t;
  void process_element(const std::int64_t&, auto&, auto&) { sum = sum.value_or(0) + 1; }
  void process_broadcast_element(const std::int64_t& number, auto& context, auto&) {
    context.apply_to_keyed_state([&](std::int64_t) {
      sum = *sum + number;
      if (number < 0) sum.clear();
    });
  }
};

struct itself {
  std::int64_t operator()(const std::int64_t& number) const { return number; }
};

struct no_output {
  detail::record_meta<detail::columns{false, true}> held;
  template <class Value>
  void operator()(Value&&) const {}
  const auto& meta() const { return held; }
  template <fixed_string Tag>
  static constexpr bool has_side() {
    return false;
  }
};

/// What an operator gives to a snapshot, as its chain would.
template <class Operator>
struct lone_chain final : detail::snapshot_source {
  explicit lone_chain(Operator& only) : operation(only) {}

  Operator& operation;
  void begin_snapshot(detail::subtask_snapshot& whole) override { operation.begin_snapshot({whole, 0}); }
  bool snapshot_slice(detail::subtask_snapshot& whole) override { return operation.snapshot_slice({whole, 0}); }
  void abandon_snapshot() override { operation.abandon_snapshot(); }
  void finish_snapshot(detail::subtask_snapshot&) override {}
};

TEST(broadcast_process, changes_rows_and_not_what_a_snapshot_has_yet_to_copy) {
  using numbers = either<std::int64_t, std::int64_t>;
  using function = detail::broadcast_function<adding, std::int64_t, std::int64_t>;
  for (const std::int64_t broadcast_number : {10, -1}) {
    detail::keyed_broadcast_operator<std::int64_t, std::int64_t, std::int64_t, false, itself, adding, false> operation(
        detail::stream_side_selector<itself>{}, function(adding{}), std::nullopt);
    weir::testing::manual_clock clock;
    detail::subtask_context subtask;
    subtask.clock = &clock;
    detail::operator_metrics metrics;
    detail::shared_operator_state shared;
    detail::operator_context context{subtask, metrics, shared};
    operation.open(context);
    detail::checkpoint_mailbox mailbox;
    detail::stage_metrics stage;
    stage.operators = std::vector<detail::operator_metrics>(1);
    subtask.checkpoints = &mailbox;
    subtask.metrics = &stage;
    detail::subtask_snapshot snapshot(subtask);
    lone_chain<decltype(operation)> chain(operation);
    auto local = operation.batch_local();
    constexpr std::int64_t keys = 60'000;  // more than is copied at once
    for (std::int64_t key = 0; key < keys; ++key) {
      local.process(numbers::of_left(key), no_output{{stable_hash(key)}});
    }
    snapshot.begin(1, chain, [] {});
    ASSERT_TRUE(snapshot.copying());
    local.process(numbers::of_right(broadcast_number), no_output{{0}});
    EXPECT_EQ(operation.table().size(), broadcast_number < 0 ? 0u : 60'000u);
    std::size_t rows = 0;
    const auto look_at_rows = [&] {
      while (const auto message = mailbox.take()) {
        if (message->what != detail::checkpoint_message::kind::block) continue;
        if (message->block.kind != block_kind::rows) continue;
        std::string_view in = message->block.bytes;
        for (std::uint32_t row = 0; row < message->block.rows; ++row, ++rows) {
          static_cast<void>(decode<std::int64_t>(in));
          EXPECT_EQ(in.front(), 1) << "there is a sum";
          in.remove_prefix(1);
          ASSERT_EQ(decode<std::int64_t>(in), 1) << "of the barrier";
        }
      }
    };
    while (snapshot.copying()) {
      look_at_rows();
      snapshot.copy_slice(chain);
    }
    look_at_rows();
    EXPECT_EQ(rows, 60'000u);
  }
}

// ---- a job under faults ----------------------------------------------------------------------------------------------

/// Each broadcast value is added to the state of all keys; a key that comes later begins with what was added before. So
/// at the end every key has the sum of all.
struct added {
  BOOST_HANA_DEFINE_STRUCT(added, (broadcast_map_state<std::int32_t, std::int64_t>, sums),
                           (value_state<std::int64_t>, own), (value_state<std::int64_t>, before),
                           (value_state<std::int64_t>, since));
  struct result {
    BOOST_HANA_DEFINE_STRUCT(result, (std::int32_t, key), (std::int64_t, own), (std::int64_t, given));
  };
  using output_type = result;

  void process_element(const reading& r, auto& context, auto&) {
    if (!own.has_value()) {
      std::int64_t all = 0;
      for (const auto& [sensor, sum] : sums.entries()) all += sum;
      before = all;
      context.register_event_time_timer(max_timestamp);
    }
    own = own.value_or(0) + r.value;
  }
  void process_broadcast_element(const reading& r, auto& context, auto&) {
    context.write(sums)[r.sensor] += r.value;
    context.apply_to_keyed_state([&](std::int32_t) { since = since.value_or(0) + r.value; });
  }
  void on_timer(timestamp, auto& context, auto& out) {
    out({context.key(), own.value_or(0), before.value_or(0) + since.value_or(0)});
  }
};

TEST(broadcast_process, counts_every_record_once_whatever_happens) {
  std::mt19937_64 random(5);
  const auto readings = [&](std::size_t count, std::int32_t sensors) {
    std::vector<reading> made(count);
    for (reading& each : made) {
      const auto at = static_cast<std::int64_t>(random() % 1000);
      const auto value = static_cast<std::int64_t>(random() % 100);
      each = reading_at(at, value, static_cast<std::int32_t>(random() % static_cast<std::uint64_t>(sensors)));
    }
    return made;
  };
  const auto text_of_file = [](const std::vector<reading>& all) {
    std::string text = "sensor,at,value\n";
    for (const reading& each : all) {
      text += std::to_string(each.sensor) + "," + std::to_string(epoch_ms(each.at)) + "," + std::to_string(each.value) +
              "\n";
    }
    return text;
  };
  const std::vector<reading> left = readings(300, 40);
  const std::vector<reading> right = readings(60, 5);
  std::map<std::int32_t, std::int64_t> own;
  std::int64_t given = 0;
  for (const reading& each : left) own[each.sensor] += each.value;
  for (const reading& each : right) given += each.value;
  texts expected{"key,own,given"};
  for (const auto& [key, sum] : own) {
    expected.push_back(std::to_string(key) + "," + std::to_string(sum) + "," + std::to_string(given));
  }
  const auto times = event_time(&reading::at, out_of_orderness(1s)).watermark_interval(16);
  const job adding("adding",
                   connect(from<"left">(csv<reading>("left.csv").split_bytes(1000), times) | key_by(&reading::sensor),
                           from<"right">(csv<reading>("right.csv").split_bytes(300), times) | broadcast()) |
                       broadcast_process<"added">(added{}, bounded_keys(40)) | to<"out">(csv("out.csv")));
  EXPECT_EXACTLY_ONCE(adding,
                      weir::testing::job_files()
                          .given("left.csv", text_of_file(left))
                          .given("right.csv", text_of_file(right))
                          .expect("out.csv", expected),
                      weir::testing::seeds(60));
}

}  // namespace
