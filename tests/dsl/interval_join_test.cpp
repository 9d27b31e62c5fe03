#include "weir/dsl/interval_join.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <limits>
#include <random>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tests/dsl/results_of.hpp"
#include "weir/connectors/csv.hpp"
#include "weir/core/error.hpp"
#include "weir/dsl/filter.hpp"
#include "weir/dsl/from.hpp"
#include "weir/dsl/map.hpp"
#include "weir/dsl/share.hpp"
#include "weir/testkit/co_operator_harness.hpp"
#include "weir/testkit/exactly_once.hpp"
#include "weir/testkit/simulator.hpp"

namespace {

using namespace weir;
using namespace std::chrono_literals;
using ::testing::HasSubstr;
using ::testing::ThrowsMessage;
using weir::testing::co_operator_harness;
using weir::testing::dataflow_driver;
using weir::testing::driver_options;
using weir::testing::reading;
using weir::testing::reading_at;
using weir::testing::sorted_results_of;
using weir::testing::timed_record;
using weir::testing::watermark;

struct row {
  BOOST_HANA_DEFINE_STRUCT(row, (std::int32_t, key), (std::string, id));
};

struct join_texts {
  std::string operator()(const row& left, const row& right) const { return left.id + "," + right.id; }
  std::string operator()(const row* left, const row* right) const {
    return (left == nullptr ? "-" : left->id) + "," + (right == nullptr ? "-" : right->id);
  }
  std::string operator()(const row& left, const row* right) const { return (*this)(&left, right); }
  std::string operator()(const row* left, const row& right) const { return (*this)(left, &right); }
};

auto keyed_rows(auto left, auto right) {
  return connect(std::move(left) | key_by(&row::key), std::move(right) | key_by(&row::key));
}
auto inner_harness(const interval& within, const driver_options& options = {.snapshots = true}) {
  return co_operator_harness<row, row>(
      [&](auto left, auto right) {
        return keyed_rows(std::move(left), std::move(right)) | interval_join<"join">(within, join_texts{});
      },
      options);
}
auto full_harness(const interval& within, const driver_options& options = {.snapshots = true}) {
  return co_operator_harness<row, row>(
      [&](auto left, auto right) {
        return keyed_rows(std::move(left), std::move(right)) | interval_full_join<"join">(within, join_texts{});
      },
      options);
}

using result = timed_record<std::string>;
using item = weir::testing::output_item<std::string>;
item said(std::string text, std::int64_t time) { return result{std::move(text), from_epoch_ms(time)}; }
item passed(std::int64_t time) { return watermark{from_epoch_ms(time)}; }
row left_row(std::int64_t ms, std::int32_t key = 0) { return {key, "l" + std::to_string(ms)}; }
row right_row(std::int64_t ms, std::int32_t key = 0) { return {key, "r" + std::to_string(ms)}; }

void push_left(auto& harness, std::int64_t ms) { harness.left(left_row(ms), std::chrono::milliseconds(ms)); }
void push_right(auto& harness, std::int64_t ms) { harness.right(right_row(ms), std::chrono::milliseconds(ms)); }

// ---- semantics 4 ----------------------------------------------------------------------------------------------------

TEST(interval_join, pairs_records_of_one_key_whose_times_are_within_the_bounds) {
  auto harness = inner_harness(between(-1ms, 2ms));
  harness.left(left_row(5, 1), 5ms);
  for (const std::int64_t ms : {3, 4, 5, 7, 8}) harness.right(right_row(ms, 1), std::chrono::milliseconds(ms));
  harness.right(right_row(6, 2), 6ms);
  EXPECT_EQ(harness.take_output(), (std::vector<item>{said("l5,r4", 5), said("l5,r5", 5), said("l5,r7", 7)}));
  harness.left(left_row(6, 1), 6ms);
  EXPECT_EQ(harness.take_output(), (std::vector<item>{said("l6,r5", 6), said("l6,r7", 7), said("l6,r8", 8)}));
}

TEST(interval_join, leaves_out_exclusive_bounds) {
  auto harness = inner_harness(between(-3ms, -1ms).lower_exclusive().upper_exclusive());
  for (const std::int64_t ms : {1, 2, 3, 4}) push_right(harness, ms);
  for (const std::int64_t ms : {1, 2, 3, 4}) push_left(harness, ms);
  EXPECT_EQ(harness.take_output(), (std::vector<item>{said("l3,r1", 3), said("l4,r2", 4)}));
  auto empty = inner_harness(between(0ms, 0ms).lower_exclusive());
  push_left(empty, 1);
  push_right(empty, 1);
  EXPECT_TRUE(empty.take_output().empty());
}

TEST(interval_join, multiplies_duplicates) {  // JOIN-12
  auto harness = inner_harness(between(0ms, 0ms));
  push_left(harness, 1);
  push_left(harness, 1);
  push_right(harness, 1);
  push_right(harness, 1);
  EXPECT_EQ(harness.values(), (std::vector<std::string>{"l1,r1", "l1,r1", "l1,r1", "l1,r1"}));
}

TEST(interval_join, takes_a_record_at_the_watermark_and_not_one_before_it) {  // JOIN-11
  auto harness = inner_harness(between(0ms, 10ms));
  push_left(harness, 5);
  push_right(harness, 5);
  harness.watermark(10ms);
  push_left(harness, 10);
  push_right(harness, 10);
  EXPECT_EQ(harness.take_output(),
            (std::vector<item>{said("l5,r5", 5), passed(10), said("l5,r10", 10), said("l10,r10", 10)}));
  push_left(harness, 9);
  push_right(harness, 9);
  EXPECT_TRUE(harness.take_output().empty());
  const auto& late = harness.side<"late">();
  ASSERT_EQ(late.size(), 2u);
  EXPECT_EQ(late[0].value.left().id, "l9");
  EXPECT_EQ(late[1].value.right().id, "r9");
  EXPECT_EQ(late[1].time, from_epoch_ms(9));
  ASSERT_EQ(harness.side<"late_left">().size(), 1u);
  EXPECT_EQ(harness.side<"late_left">()[0].value.id, "l9");
  ASSERT_EQ(harness.side<"late_right">().size(), 1u);
  EXPECT_EQ(harness.side<"late_right">()[0].value.id, "r9");
  EXPECT_EQ(harness.report().find("join")->late_records, 2u);
  push_right(harness, 15);
  EXPECT_EQ(harness.take_output(), (std::vector<item>{said("l5,r15", 15), said("l10,r15", 15)}));
}

TEST(interval_join, forgets_a_record_at_the_watermark_that_ends_its_interval) {  // JOIN-14, semantics 4.6
  auto harness = inner_harness(between(0ms, 5ms));
  push_left(harness, 10);
  harness.watermark(14ms);
  harness.right({0, "r15a"}, 15ms);
  harness.watermark(15ms);
  harness.right({0, "r15b"}, 15ms);
  EXPECT_EQ(harness.values(), (std::vector<std::string>{"l10,r15a"}));
  EXPECT_EQ(harness.report().find("join")->late_records, 0u);
}

TEST(interval_join, keeps_a_record_that_comes_at_the_watermark_until_the_next_one) {
  auto harness = inner_harness(between(-5ms, 0ms));
  harness.watermark(15ms);
  push_left(harness, 15);
  push_right(harness, 15);
  EXPECT_EQ(harness.values(), (std::vector<std::string>{"l15,r15"}));
  harness.watermark(16ms);
  EXPECT_EQ(harness.report().find("join")->event_timers, 1u) << "the right one waits for left ones up to 20";
  harness.watermark(20ms);
  EXPECT_EQ(harness.report().find("join")->event_timers, 0u);
}

/// Which of the records 1 to 5 of one side are still kept after a watermark: a restored join is at the lowest watermark,
/// and so takes records of the other side that find them.
std::set<std::int64_t> kept(std::chrono::milliseconds lower, std::chrono::milliseconds upper, bool exclusive,
                            std::int64_t mark, bool of_left) {
  interval within = between(lower, upper);
  if (exclusive) within = within.lower_exclusive().upper_exclusive();
  auto harness = inner_harness(within);
  for (std::int64_t ms = 1; ms <= 5; ++ms) {
    push_left(harness, ms);
    push_right(harness, ms);
  }
  harness.watermark(std::chrono::milliseconds(mark));
  harness.snapshot_restore(2);
  harness.take_output();
  for (std::int64_t ms = -2; ms <= 8; ++ms) {
    if (of_left) {
      harness.right({0, "probe"}, std::chrono::milliseconds(ms));
    } else {
      harness.left({0, "probe"}, std::chrono::milliseconds(ms));
    }
  }
  std::set<std::int64_t> found;
  for (const std::string& each : harness.values()) {
    const std::string id = of_left ? each.substr(0, each.find(',')) : each.substr(each.find(',') + 1);
    found.insert(std::stoll(id.substr(1)));
  }
  return found;
}

TEST(interval_join, keeps_what_can_still_find_a_partner_and_nothing_else) {  // semantics 4.5
  using times = std::set<std::int64_t>;
  struct fact {
    std::chrono::milliseconds lower;
    std::chrono::milliseconds upper;
    bool exclusive;
    std::int64_t mark;
    times left;
    times right;
  };
  const fact facts[] = {
      {-1ms, 0ms, false, 1, {2, 3, 4, 5}, {1, 2, 3, 4, 5}}, {-1ms, 0ms, false, 4, {5}, {4, 5}}, {-1ms, 0ms, false, 6, {}, {}},
      {-2ms, 1ms, true, 1, {2, 3, 4, 5}, {1, 2, 3, 4, 5}},  {-2ms, 1ms, true, 4, {5}, {4, 5}},  {-2ms, 1ms, true, 6, {}, {}},
      {0ms, 1ms, false, 1, {1, 2, 3, 4, 5}, {2, 3, 4, 5}},  {0ms, 1ms, false, 4, {4, 5}, {5}},  {0ms, 1ms, false, 6, {}, {}},
      {-1ms, 2ms, true, 1, {1, 2, 3, 4, 5}, {2, 3, 4, 5}},  {-1ms, 2ms, true, 4, {4, 5}, {5}},  {-1ms, 2ms, true, 6, {}, {}},
  };
  for (const fact& each : facts) {
    const std::string what = between(each.lower, each.upper).describe() + " at " + std::to_string(each.mark);
    EXPECT_EQ(kept(each.lower, each.upper, each.exclusive, each.mark, true), each.left) << what;
    EXPECT_EQ(kept(each.lower, each.upper, each.exclusive, each.mark, false), each.right) << what;
  }
}

TEST(interval_join, fails_at_a_record_without_event_time) {  // semantics 1.2
  auto harness = inner_harness(between(0ms, 1ms));
  EXPECT_THAT([&] { harness.left(left_row(0), min_timestamp); },
              ThrowsMessage<error>(HasSubstr("a join got a record without event time")));
}

TEST(interval_join, does_not_overflow_at_the_ends_of_time) {
  auto harness = full_harness(between(-1h, 1h));
  harness.left({0, "first"}, min_timestamp + 1ms);
  harness.right({0, "second"}, min_timestamp + 2ms);
  harness.right({0, "last"}, max_timestamp);
  EXPECT_EQ(harness.values(), (std::vector<std::string>{"first,second"}));
  harness.end();
  EXPECT_EQ(harness.values(), (std::vector<std::string>{"first,second", "-,last"}));
}

TEST(interval, is_refused_where_its_bounds_are_exchanged) {
  EXPECT_THAT([] { between(1s, -1s); }, ThrowsMessage<error>(HasSubstr("between(1s, -1s): the lower bound is greater")));
  EXPECT_EQ(between(-1s, 90min).upper_exclusive().describe(), "between(-1s, 90min), upper exclusive");
}

// ---- outer joins ----------------------------------------------------------------------------------------------------

TEST(interval_full_join, gives_a_record_without_partner_when_none_can_come_any_more) {
  auto harness = full_harness(between(-2ms, 3ms));
  push_left(harness, 10);
  push_left(harness, 11);
  push_right(harness, 14);
  push_right(harness, 20);
  harness.watermark(12ms);
  EXPECT_EQ(harness.take_output(), (std::vector<item>{said("l11,r14", 14), passed(12)}));
  harness.watermark(30ms);
  EXPECT_EQ(harness.take_output(), (std::vector<item>{said("l10,-", 13), said("-,r20", 22), passed(30)}));
}

TEST(interval_full_join, gives_it_with_the_time_of_the_timer_also_if_that_has_passed) {
  auto harness = full_harness(between(0ms, 0ms));
  harness.watermark(10ms);
  push_left(harness, 10);
  EXPECT_EQ(harness.take_output(), (std::vector<item>{passed(10)}));
  harness.watermark(11ms);
  EXPECT_EQ(harness.take_output(), (std::vector<item>{said("l10,-", 10), passed(11)}));
}

TEST(interval_full_join, remembers_partners_through_a_snapshot) {
  auto harness = full_harness(between(0ms, 5ms));
  push_left(harness, 1);
  push_left(harness, 2);
  push_right(harness, 7);
  EXPECT_EQ(harness.values(), (std::vector<std::string>{"l2,r7"}));
  harness.snapshot_restore(3);
  harness.end();
  EXPECT_EQ(harness.values(), (std::vector<std::string>{"l2,r7", "l1,-"}));
}

// ---- against a nested loop ------------------------------------------------------------------------------------------

/// Semantics 4 without any index: every record is compared with every other.
class model {
 public:
  model(std::int64_t lower, std::int64_t upper, bool gives_left, bool gives_right)
      : lower_(lower), upper_(upper), gives_{gives_left, gives_right} {}

  void add(bool is_left, const row& value, std::int64_t ms) {
    if (ms < mark_) {
      late_.push_back(value.id);
      return;
    }
    kept added{is_left, value, ms};
    for (kept& other : kept_) {
      if (other.is_left == is_left || other.value.key != value.key) continue;
      const kept& l = is_left ? added : other;
      const kept& r = is_left ? other : added;
      if (r.ms < l.ms + lower_ || r.ms > l.ms + upper_) continue;
      out_.push_back({l.value.id + "," + r.value.id, from_epoch_ms(std::max(l.ms, r.ms))});
      added.matched = other.matched = true;
    }
    kept_.push_back(added);
  }
  void advance(bool is_left, std::int64_t ms) {
    auto& side = marks_[is_left ? 0 : 1];
    side = std::max(side, ms);
    const std::int64_t least = std::min(marks_[0], marks_[1]);
    if (least <= mark_) return;
    mark_ = least;
    for (const kept& each : kept_) {
      const std::int64_t end = each.ms + std::max<std::int64_t>(each.is_left ? upper_ : -lower_, 0);
      if (end > mark_ || each.matched || !gives_[each.is_left ? 0 : 1]) continue;
      out_.push_back({each.is_left ? each.value.id + ",-" : "-," + each.value.id, from_epoch_ms(end)});
    }
    std::erase_if(kept_, [&](const kept& each) {
      return each.ms + std::max<std::int64_t>(each.is_left ? upper_ : -lower_, 0) <= mark_;
    });
  }
  /// Operators, and with them all channels, begin at the lowest watermark.
  void restore() { marks_[0] = marks_[1] = mark_ = std::numeric_limits<std::int64_t>::min(); }

  std::vector<std::pair<std::string, timestamp>> results() const {
    auto sorted = out_;
    std::sort(sorted.begin(), sorted.end());
    return sorted;
  }
  std::vector<std::string> late() const { return late_; }

 private:
  struct kept {
    bool is_left;
    row value;
    std::int64_t ms;
    bool matched = false;
  };
  std::int64_t lower_;
  std::int64_t upper_;
  bool gives_[2];
  std::int64_t marks_[2] = {std::numeric_limits<std::int64_t>::min(), std::numeric_limits<std::int64_t>::min()};
  std::int64_t mark_ = std::numeric_limits<std::int64_t>::min();
  std::vector<kept> kept_;
  std::vector<std::pair<std::string, timestamp>> out_;
  std::vector<std::string> late_;
};

/// Random records out of order, watermarks that run ahead of some of them, snapshots restored in other numbers of slots.
template <class Join>
void expect_nested_loop(std::uint64_t seed, bool gives_left, bool gives_right, Join join) {
  std::mt19937_64 random(seed);
  const auto below = [&](std::uint64_t limit) { return static_cast<std::int64_t>(random() % limit); };
  const std::int64_t lower = below(21) - 10;
  const std::int64_t upper = lower + below(15);
  const auto slots = static_cast<std::size_t>(1 + below(3));
  model expected(lower, upper, gives_left, gives_right);
  auto harness = co_operator_harness<row, row>(
      [&](auto left, auto right) {
        return keyed_rows(std::move(left), std::move(right)) |
               join(between(std::chrono::milliseconds(lower), std::chrono::milliseconds(upper)));
      },
      {.slots = slots, .batch_records = static_cast<std::size_t>(1 + below(5)), .snapshots = true});
  for (std::int64_t step = 0; step < 300; ++step) {
    const std::int64_t what = below(20);
    const bool is_left = below(2) == 0;
    if (what < 14) {
      const std::int64_t ms = step / 3 + below(30) - 15;
      const row value{static_cast<std::int32_t>(below(4)), std::to_string(step)};
      expected.add(is_left, value, ms);
      is_left ? harness.left(value, std::chrono::milliseconds(ms)) : harness.right(value, std::chrono::milliseconds(ms));
    } else if (what < 19) {
      const std::int64_t ms = step / 3 + below(20) - 15;
      expected.advance(is_left, ms);
      is_left ? harness.left_watermark(std::chrono::milliseconds(ms)) : harness.right_watermark(std::chrono::milliseconds(ms));
    } else if (below(3) == 0) {
      expected.restore();
      harness.snapshot_restore(static_cast<std::size_t>(1 + below(3)));
    }
  }
  constexpr std::int64_t end = 1'000'000;
  expected.advance(true, end);
  expected.advance(false, end);
  harness.watermark(std::chrono::milliseconds(end));
  std::vector<std::pair<std::string, timestamp>> results;
  for (const auto& each : harness.records()) results.emplace_back(each.value, each.time);
  std::sort(results.begin(), results.end());
  ASSERT_EQ(results, expected.results()) << "seed " << seed;
  std::vector<std::string> late;
  for (const auto& each : harness.template side<"late">()) {
    late.push_back(each.value.is_left() ? each.value.left().id : each.value.right().id);
  }
  auto expected_late = expected.late();
  std::sort(late.begin(), late.end());
  std::sort(expected_late.begin(), expected_late.end());
  ASSERT_EQ(late, expected_late) << "seed " << seed;
  ASSERT_EQ(harness.report().find("join")->event_timers, 0u) << "seed " << seed;
}

TEST(interval_join, equals_a_nested_loop_through_snapshots) {
  for (std::uint64_t seed = 0; seed < 60; ++seed) {
    expect_nested_loop(seed, false, false, [](interval i) { return interval_join<"join">(i, join_texts{}); });
    if (HasFatalFailure()) return;
  }
}
TEST(interval_left_join, equals_a_nested_loop_through_snapshots) {
  for (std::uint64_t seed = 0; seed < 60; ++seed) {
    expect_nested_loop(seed, true, false, [](interval i) { return interval_left_join<"join">(i, join_texts{}); });
    if (HasFatalFailure()) return;
  }
}
TEST(interval_right_join, equals_a_nested_loop_through_snapshots) {
  for (std::uint64_t seed = 0; seed < 60; ++seed) {
    expect_nested_loop(seed, false, true, [](interval i) { return interval_right_join<"join">(i, join_texts{}); });
    if (HasFatalFailure()) return;
  }
}
TEST(interval_full_join, equals_a_nested_loop_through_snapshots) {
  for (std::uint64_t seed = 0; seed < 60; ++seed) {
    expect_nested_loop(seed, true, true, [](interval i) { return interval_full_join<"join">(i, join_texts{}); });
    if (HasFatalFailure()) return;
  }
}

// ---- whole jobs -----------------------------------------------------------------------------------------------------

using pair_of_values = std::pair<std::int64_t, std::int64_t>;

/// 0 stands for no partner.
pair_of_values values_of(const reading* left, const reading* right) {
  return {left == nullptr ? 0 : left->value, right == nullptr ? 0 : right->value};
}
constexpr auto pair_values = [](const reading* left, const reading* right) { return values_of(left, right); };

std::vector<pair_of_values> nested_loop(const std::vector<reading>& left, const std::vector<reading>& right,
                                        std::chrono::milliseconds lower, std::chrono::milliseconds upper) {
  std::vector<pair_of_values> pairs;
  std::set<std::int64_t> matched;
  for (const reading& l : left) {
    bool any = false;
    for (const reading& r : right) {
      if (l.sensor != r.sensor || r.at < l.at + lower || r.at > l.at + upper) continue;
      pairs.push_back(values_of(&l, &r));
      matched.insert(r.value);
      any = true;
    }
    if (!any) pairs.push_back(values_of(&l, nullptr));
  }
  for (const reading& r : right) {
    if (!matched.contains(r.value)) pairs.push_back(values_of(nullptr, &r));
  }
  std::sort(pairs.begin(), pairs.end());
  return pairs;
}

/// Values are distinct, so that they name records.
std::vector<reading> random_readings(std::mt19937_64& random, std::int64_t first_value) {
  std::vector<reading> made(random() % 400);
  for (reading& each : made) {
    const auto at = static_cast<std::int64_t>(random() % 1000);
    each = reading_at(at, first_value++, static_cast<std::int32_t>(random() % 8));
  }
  return made;
}

TEST(interval_full_join, gives_the_same_in_any_parallelism_and_batch_size) {
  for (std::uint64_t seed = 0; seed < 40; ++seed) {
    std::mt19937_64 random(seed);
    const auto left = random_readings(random, 1);
    const auto right = random_readings(random, 1001);
    const std::size_t slots = 1 + random() % 4;
    const std::size_t batch_records = 1 + random() % 30;
    const auto timed = event_time(&reading::at, out_of_orderness(1s)).watermark_interval(1 + random() % 20);
    EXPECT_EQ(sorted_results_of(connect(from(left, timed) | key_by(&reading::sensor),
                                        from(right, timed) | key_by(&reading::sensor)) |
                                    interval_full_join<"join">(between(-20ms, 5ms), pair_values),
                                {.slots = slots, .batch_records = batch_records}),
              nested_loop(left, right, -20ms, 5ms))
        << "seed " << seed;
  }
}

TEST(interval_join, of_two_branches_of_one_stream_never_gets_stuck) {
  std::vector<reading> all;
  for (int i = 0; i < 300; ++i) all.push_back(reading_at(i, i + 1, i % 5));
  std::vector<reading> odd;
  for (const reading& each : all) {
    if (each.value % 2 == 1) odd.push_back(each);
  }
  std::vector<pair_of_values> results;
  auto shared = from(all, event_time(&reading::at, ascending()).watermark_interval(1)) | share();
  const job diamond("diamond", connect(shared | key_by(&reading::sensor),
                                       shared | filter([](const reading& r) { return r.value % 2 == 1; }) |
                                           key_by(&reading::sensor)) |
                                   interval_full_join<"join">(between(-50ms, 50ms), pair_values) |
                                   to<"out">(into(results)));
  const auto expected = nested_loop(all, odd, -50ms, 50ms);
  for (const std::size_t slots : {1u, 2u}) {
    results.clear();
    dataflow_driver driver(diamond, {.slots = slots, .batch_records = 1, .channel_capacity = 1});
    driver.run();
    std::sort(results.begin(), results.end());
    EXPECT_EQ(results, expected);
  }
  for (std::uint64_t seed = 0; seed < 10; ++seed) {
    results.clear();
    weir::testing::simulate(diamond, {.seed = seed, .slots = 1 + seed % 3, .channel_capacity_max = 1, .batch_records_max = 1});
    std::sort(results.begin(), results.end());
    EXPECT_EQ(results, expected) << "seed " << seed;
  }
}

struct pair_row {
  BOOST_HANA_DEFINE_STRUCT(pair_row, (std::int64_t, left), (std::int64_t, right));
};

/// `join` gives the pairs of the nested loop, and those with a missing partner, whose value is 0, if `gives_alone`.
template <class Join>
void expect_exactly_once(Join join, bool gives_alone) {
  std::mt19937_64 random(7);
  const auto text_of = [](const std::vector<reading>& readings) {
    std::string text = "sensor,at,value\n";
    for (const reading& each : readings) {
      text += std::to_string(each.sensor) + "," + std::to_string(epoch_ms(each.at)) + "," + std::to_string(each.value) + "\n";
    }
    return text;
  };
  const auto left = random_readings(random, 1);
  const auto right = random_readings(random, 1001);
  std::vector<std::string> expected{"left,right"};
  for (const auto& [l, r] : nested_loop(left, right, -20ms, 5ms)) {
    if (!gives_alone && (l == 0 || r == 0)) continue;
    expected.push_back(std::to_string(l) + "," + std::to_string(r));
  }
  const auto timed = event_time(&reading::at, out_of_orderness(1s)).watermark_interval(16);
  const job joined("joined", connect(from<"left">(csv<reading>("left.csv").split_bytes(1000), timed) | key_by(&reading::sensor),
                                     from<"right">(csv<reading>("right.csv").split_bytes(1500), timed) | key_by(&reading::sensor)) |
                                 std::move(join) | map([](const pair_of_values& pair) { return pair_row{pair.first, pair.second}; }) |
                                 to<"out">(csv("out.csv")));
  EXPECT_EXACTLY_ONCE(joined,
                      weir::testing::job_files()
                          .given("left.csv", text_of(left))
                          .given("right.csv", text_of(right))
                          .expect("out.csv", expected),
                      weir::testing::seeds(150));
}

TEST(interval_full_join, gives_every_pair_exactly_once_whatever_happens) {
  expect_exactly_once(interval_full_join<"join">(between(-20ms, 5ms), pair_values), true);
}

TEST(interval_join, gives_every_pair_exactly_once_whatever_happens) {
  const auto values = [](const reading& left, const reading& right) { return values_of(&left, &right); };
  expect_exactly_once(interval_join<"join">(between(-20ms, 5ms), values), false);
}

TEST(interval_join, says_in_the_plan_what_it_joins) {
  const auto timed = event_time(&reading::at, ascending());
  const std::string plan =
      job("test", connect(from(std::vector<reading>(), timed) | key_by(&reading::sensor),
                          from(std::vector<reading>(), timed) | key_by(&reading::sensor)) |
                      interval_left_join<"near">(between(-1s, 5s).upper_exclusive(),
                                                 [](const reading& l, const reading*) { return l.value; }) |
                      to<"out">(discard()))
          .plan();
  EXPECT_THAT(plan, HasSubstr("interval_left_join<\"near\">(between(-1s, 5s), upper exclusive) -> std::int64_t, keyed state"));
  EXPECT_THAT(plan, ::testing::Not(HasSubstr("nothing bounds it")));
}

struct page_view {
  BOOST_HANA_DEFINE_STRUCT(page_view, (std::string_view, user), (std::string_view, page));
};

TEST(interval_join, keeps_records_that_borrow) {
  auto harness = co_operator_harness<page_view, std::string_view>(
      [](auto views, auto users) {
        return connect(std::move(views) | key_by(&page_view::user),
                       std::move(users) | key_by([](const std::string_view& user) { return user; })) |
               interval_join<"join">(between(-1ms, 1ms), [](const page_view& view, const std::string_view& user) {
                 return std::string(user) + " saw " + std::string(view.page);
               });
      },
      {.snapshots = true});
  {
    std::string user = "a user with a name that is too long to lie in place";
    harness.left({user, "home, sweet home, and some more to be long"}, 1ms);
    harness.right("bob", 1ms);
    user.assign(user.size(), '?');
  }
  harness.snapshot_restore();
  harness.right("a user with a name that is too long to lie in place", 2ms);
  harness.left({"bob", "cart"}, 2ms);
  EXPECT_EQ(harness.values(),
            (std::vector<std::string>{
                "a user with a name that is too long to lie in place saw home, sweet home, and some more to be long",
                "bob saw cart"}));
}

}  // namespace
