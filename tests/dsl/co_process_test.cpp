#include "weir/dsl/co_process.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <limits>
#include <map>
#include <random>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tests/dsl/results_of.hpp"
#include "weir/dsl/filter.hpp"
#include "weir/dsl/from.hpp"
#include "weir/dsl/map.hpp"
#include "weir/dsl/partitioning.hpp"
#include "weir/dsl/share.hpp"
#include "weir/testkit/co_operator_harness.hpp"
#include "weir/testkit/simulator.hpp"

namespace {

using namespace weir;
using namespace std::chrono_literals;
using weir::testing::co_operator_harness;
using weir::testing::dataflow_driver;
using weir::testing::driver_options;
using weir::testing::reading;
using weir::testing::reading_at;
using weir::testing::results_of;
using weir::testing::sorted_results_of;
using weir::testing::timed_record;
using weir::testing::watermark;

struct order {
  BOOST_HANA_DEFINE_STRUCT(order, (std::string, customer), (std::int64_t, cents));
};
struct payment {
  BOOST_HANA_DEFINE_STRUCT(payment, (std::string, customer), (std::int64_t, cents));
};

std::string text_of(std::string_view what, const std::string& customer, std::int64_t cents) {
  return std::string(what) + ' ' + customer + ' ' + std::to_string(cents);
}

/// What a customer owes; a reminder 10 ms after the last order.
struct settlement {
  BOOST_HANA_DEFINE_STRUCT(settlement, (value_state<std::int64_t>, owed), (value_state<timestamp>, reminder));
  using audit = side<"audit", std::string>;
  using side_outputs = weir::side_outputs<audit>;
  using output_type = std::string;

  void process_left(const order& o, process_context<std::string>& context, collector<std::string, audit>& out) {
    owed = owed.value_or(0) + o.cents;
    if (reminder.has_value()) context.delete_event_time_timer(*reminder);
    reminder = *context.timestamp() + 10ms;
    context.register_event_time_timer(*reminder);
    out(text_of("owes", context.key(), *owed));
  }
  void process_right(const payment& p, auto& context, auto& out) {
    owed = owed.value_or(0) - p.cents;
    out(text_of("owes", context.key(), *owed));
    if (*owed < 0) out(audit{text_of("credit", p.customer, -*owed)});
  }
  void on_timer(timestamp, process_context<std::string>& context, collector<std::string, audit>& out) {
    out(text_of("remind", context.key(), *owed));
  }
};

auto settlement_harness(const driver_options& options = {}) {
  return co_operator_harness<order, payment>(
      [](auto orders, auto payments) {
        return connect(std::move(orders) | key_by(&order::customer), std::move(payments) | key_by(&payment::customer)) |
               co_process<"settled">(settlement{});
      },
      options);
}

using item = weir::testing::output_item<std::string>;
item said(std::string text, std::int64_t time) { return timed_record<std::string>{std::move(text), from_epoch_ms(time)}; }
item passed(std::int64_t time) { return watermark{from_epoch_ms(time)}; }

TEST(co_process, shares_state_and_timers_between_both_sides) {
  auto harness = settlement_harness();
  harness.left({"ann", 500}, 1ms);
  harness.left({"bob", 100}, 2ms);
  harness.right({"ann", 200}, 5ms);
  EXPECT_EQ(harness.take_output(), (std::vector<item>{said("owes ann 500", 1), said("owes bob 100", 2), said("owes ann 300", 5)}));
  harness.left({"bob", 1}, 4ms);
  harness.watermark(14ms);
  EXPECT_EQ(harness.take_output(), (std::vector<item>{said("owes bob 101", 4), said("remind ann 300", 11),
                                                      said("remind bob 101", 14), passed(14)}));
  EXPECT_EQ(harness.report().find("settled")->records_in, 4u);
  EXPECT_EQ(harness.report().find("settled")->records_out, 6u);
}

TEST(co_process, has_the_watermark_of_the_slower_side) {  // JOIN-13 and semantics 1.6
  auto harness = settlement_harness();
  harness.left({"ann", 1}, 0ms);
  harness.take_output();
  harness.left_watermark(20ms);
  EXPECT_TRUE(harness.take_output().empty()) << "the right side has sent none";
  harness.right_watermark(9ms);
  EXPECT_EQ(harness.take_output(), (std::vector<item>{passed(9)}));
  harness.right_watermark(12ms);
  EXPECT_EQ(harness.take_output(), (std::vector<item>{said("remind ann 1", 10), passed(12)}));
  harness.end_right();
  EXPECT_EQ(harness.take_output(), (std::vector<item>{passed(20)})) << "an input that has ended holds nothing back";
  harness.right_idle();
  harness.end_left();
  EXPECT_EQ(harness.take_output(), (std::vector<item>{passed(std::numeric_limits<std::int64_t>::max())}));
}

TEST(co_process, goes_on_without_a_side_that_is_idle) {
  auto harness = settlement_harness();
  harness.left({"ann", 1}, 0ms);
  harness.take_output();
  harness.left_watermark(20ms);
  harness.right_idle();
  EXPECT_EQ(harness.take_output(), (std::vector<item>{said("remind ann 1", 10), passed(20)}));
}

TEST(co_process, emits_to_side_outputs_from_either_side) {
  auto harness = settlement_harness();
  harness.right({"ann", 7}, 3ms);
  EXPECT_EQ(harness.side<"audit">(), (std::vector<timed_record<std::string>>{{"credit ann 7", from_epoch_ms(3)}}));
}

TEST(co_process, survives_a_snapshot_also_into_more_and_fewer_subtasks) {
  for (const std::size_t slots : {1u, 3u}) {
    auto harness = settlement_harness({.slots = 2, .snapshots = true});
    harness.left({"ann", 5}, 1ms);
    harness.right({"bob", 2}, 1ms);
    harness.left({"eve", 9}, 1ms);
    harness.snapshot_restore(slots);
    harness.take_output();
    harness.right({"ann", 1}, 2ms);
    harness.left({"bob", 4}, 2ms);
    harness.watermark(11ms);
    std::vector<std::string> seen = harness.values();
    std::sort(seen.begin(), seen.end());
    EXPECT_EQ(seen, (std::vector<std::string>{"owes ann 4", "owes bob 2", "remind ann 4", "remind eve 9"}));
  }
}

struct both_texts {
  using output_type = std::string;
  void process_left(const int& number, auto&, auto& out) { out(std::to_string(number)); }
  void process_right(const std::string& text, process_context<>&, collector<std::string>& out) { out(text); }
};

TEST(co_process, needs_no_key_where_it_has_no_state) {
  for (const std::size_t slots : {1u, 3u}) {
    EXPECT_EQ(sorted_results_of(connect(from({1, 2, 3}), from(std::vector<std::string>{"a", "b"})) |
                                    co_process<"texts">(both_texts{}),
                                {.slots = slots}),
              (std::vector<std::string>{"1", "2", "3", "a", "b"}));
  }
}

struct page_view {
  BOOST_HANA_DEFINE_STRUCT(page_view, (std::string_view, user), (std::string_view, page));
};
struct last_page {
  BOOST_HANA_DEFINE_STRUCT(last_page, (value_state<owned_t<page_view>>, last));
  using output_type = std::string;
  void process_left(const page_view& view, auto&, auto&) { last = owned_t<page_view>(view); }
  void process_right(const std::string_view& user, process_context<std::string_view>& context, auto& out) {
    EXPECT_EQ(context.key(), user);
    out(std::string(user) + " saw " + std::string(last.has_value() ? (*last)->page : "nothing"));
  }
};

TEST(co_process, takes_keys_and_records_that_borrow) {
  auto harness = co_operator_harness<page_view, std::string_view>([](auto views, auto users) {
    return connect(std::move(views) | key_by(&page_view::user),
                   std::move(users) | key_by([](const std::string_view& user) { return user; })) |
           co_process<"last">(last_page{});
  });
  std::string user = "a user with a name that is too long to lie in place";
  std::string page = "a page with a name that is too long to lie in place";
  harness.left({user, page}, 0ms);
  harness.left({"ann", "home"}, 0ms);
  harness.right(user, 0ms);
  harness.right("bob", 0ms);
  EXPECT_EQ(harness.values(), (std::vector<std::string>{user + " saw " + page, "bob saw nothing"}));
}

struct counts {
  BOOST_HANA_DEFINE_STRUCT(counts, (value_state<std::int64_t>, lefts), (value_state<std::int64_t>, rights));
  using output_type = std::string;
  void process_left(const reading& r, auto& context, auto&) {
    lefts = lefts.value_or(0) + r.value;
    context.register_event_time_timer(max_timestamp);
  }
  void process_right(const reading& r, auto& context, auto&) {
    rights = rights.value_or(0) + r.value;
    context.register_event_time_timer(max_timestamp);
  }
  void on_timer(timestamp, process_context<std::int32_t>& context, collector<std::string>& out) {
    out(std::to_string(context.key()) + ": " + std::to_string(lefts.value_or(0)) + ", " +
        std::to_string(rights.value_or(0)));
  }
};

/// The sums per key of both sides, as `counts` says them.
std::vector<std::string> sums_of(const std::vector<reading>& left, const std::vector<reading>& right) {
  std::map<std::int32_t, std::pair<std::int64_t, std::int64_t>> sums;
  for (const reading& each : left) sums[each.sensor].first += each.value;
  for (const reading& each : right) sums[each.sensor].second += each.value;
  std::vector<std::string> texts;
  for (const auto& [key, both] : sums) {
    texts.push_back(std::to_string(key) + ": " + std::to_string(both.first) + ", " + std::to_string(both.second));
  }
  std::sort(texts.begin(), texts.end());
  return texts;
}

std::vector<reading> random_readings(std::mt19937_64& random) {
  std::vector<reading> made(random() % 300);
  for (reading& each : made) {
    const auto at = static_cast<std::int64_t>(random() % 1000);
    const auto value = static_cast<std::int64_t>(random() % 100);
    each = reading_at(at, value, static_cast<std::int32_t>(random() % 20));
  }
  return made;
}

TEST(co_process, gives_the_same_in_any_parallelism_and_batch_size) {
  for (std::uint64_t seed = 0; seed < 30; ++seed) {
    std::mt19937_64 random(seed);
    const std::vector<reading> left = random_readings(random);
    const std::vector<reading> right = random_readings(random);
    const auto timed = event_time(&reading::at, out_of_orderness(1s));
    const std::size_t slots = 1 + random() % 4;
    const std::size_t batch_records = 1 + random() % 20;
    EXPECT_EQ(sorted_results_of(connect(from(left, timed) | key_by(&reading::sensor),
                                        from(right, timed) | rebalance() | parallelism(2) | key_by(&reading::sensor)) |
                                    co_process<"counts">(counts{}),
                                {.slots = slots, .batch_records = batch_records}),
              sums_of(left, right))
        << "seed " << seed;
  }
}

TEST(co_process, of_two_branches_of_one_stream_never_gets_stuck) {
  std::vector<reading> input;
  for (int i = 0; i < 400; ++i) input.push_back(reading_at(i, i, i % 7));
  std::vector<reading> odd;
  for (const reading& each : input) {
    if (each.value % 2 == 1) odd.push_back(each);
  }
  std::vector<std::string> results;
  auto shared = from(input, event_time(&reading::at, ascending()).watermark_interval(1)) | share();
  const job diamond("diamond", connect(shared | key_by(&reading::sensor),
                                       shared | filter([](const reading& r) { return r.value % 2 == 1; }) |
                                           rebalance() | key_by(&reading::sensor)) |
                                   co_process<"counts">(counts{}) | to<"out">(into(results)));
  for (const std::size_t slots : {1u, 2u}) {
    results.clear();
    dataflow_driver driver(diamond, {.slots = slots, .batch_records = 1, .channel_capacity = 1});
    driver.run();
    std::sort(results.begin(), results.end());
    EXPECT_EQ(results, sums_of(input, odd));
  }
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    results.clear();
    weir::testing::simulate(diamond, {.seed = seed, .slots = 1 + seed % 3, .channel_capacity_max = 1, .batch_records_max = 1});
    std::sort(results.begin(), results.end());
    EXPECT_EQ(results, sums_of(input, odd)) << "seed " << seed;
  }
}

// ---- connect --------------------------------------------------------------------------------------------------------

TEST(connect, gives_every_operator_a_stream_of_both) {
  auto both = connect(from({1, 2}), from(std::vector<std::string>{"a"})) |
              map([](const either<int, std::string>& each) {
                return each.visit([](int number) { return std::to_string(number); },
                                  [](const std::string& text) { return text; });
              });
  EXPECT_EQ(sorted_results_of(std::move(both), {.slots = 2}), (std::vector<std::string>{"1", "2", "a"}));
}

struct sums {
  BOOST_HANA_DEFINE_STRUCT(sums, (value_state<int>, sum));
  using output_type = int;
  void process_left(const either<int, int>& each, auto&, auto& out) {
    sum = sum.value_or(0) + each.visit([](int i) { return i; }, [](int i) { return 10 * i; });
    out(*sum);
  }
  void process_right(const int& i, auto&, auto& out) {
    sum = sum.value_or(0) + 100 * i;
    out(*sum);
  }
};

TEST(connect, connects_more_than_two_streams_one_after_the_other) {
  const auto parity = [](const int& i) { return i % 2; };
  auto all = connect(connect(from({1, 2}) | key_by(parity), from({3}) | key_by(parity)), from({5}) | key_by(parity)) |
             co_process<"sums">(sums{});
  const std::vector<int> results = sorted_results_of(std::move(all), {.slots = 2});
  EXPECT_EQ(results.back(), 1 + 30 + 500);
  EXPECT_TRUE(std::find(results.begin(), results.end(), 2) != results.end());
}

TEST(connect, has_the_weaker_guarantee_and_the_parallelism_of_either_side) {
  const auto key = [](const int& i) { return i; };
  auto both = connect(from({1}) | key_by(key) | parallelism(2), from<"numbers">(std::vector{2}) | key_by(key)) |
              map([](const either<int, int>&) { return 1; });
  using plain = decltype(from({1}) | map(key));
  static_assert(std::is_same_v<decltype(both)::guarantee, plain::guarantee>);
  const std::string text = job("test", std::move(both) | to<"out">(discard())).plan();
  EXPECT_NE(text.find("stage 3, parallelism 2"), std::string::npos) << text;
  EXPECT_THROW(connect(from({1}) | key_by(key) | parallelism(2), from({2}) | key_by(key) | parallelism(3)), error);
}

}  // namespace
