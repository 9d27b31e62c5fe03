// top, and dedup.
#include "weir/dsl/top.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <limits>
#include <map>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "tests/dsl/results_of.hpp"
#include "weir/core/error.hpp"
#include "weir/dsl/dedup.hpp"
#include "weir/dsl/from.hpp"
#include "weir/dsl/key_by.hpp"
#include "weir/testkit/operator_harness.hpp"

namespace {

using namespace weir;
using namespace std::chrono_literals;
using weir::testing::operator_harness;
using weir::testing::timed_record;

struct bid {
  BOOST_HANA_DEFINE_STRUCT(bid, (std::string, auction), (std::string, bidder), (double, price));
  friend bool operator==(const bid&, const bid&) = default;
};

using standing = ranking<std::string, bid>;

/// "auction: bidder price, ..." of each ranking.
std::vector<std::string> said(const std::vector<standing>& rankings) {
  std::vector<std::string> texts;
  for (const standing& each : rankings) {
    std::string& text = texts.emplace_back(each.key + ":");
    for (const bid& one : each.elements) text += " " + one.bidder + std::to_string(static_cast<int>(one.price));
  }
  return texts;
}

auto best_two() { return key_by(&bid::auction) | top<"best">(2, &bid::price); }

TEST(top, emits_the_whole_ranking_when_it_changes) {
  auto harness = operator_harness<bid>(best_two());
  harness.push({"a", "ann", 5}, 1ms);
  harness.push({"a", "bob", 7}, 2ms);
  harness.push({"b", "eve", 1}, 3ms);
  harness.push({"a", "eve", 4}, 4ms);
  harness.push({"a", "eve", 6}, 9ms);
  harness.push({"a", "eve", 8}, 5ms);
  EXPECT_EQ(said(harness.values()),
            (std::vector<std::string>{"a: ann5", "a: bob7 ann5", "b: eve1", "a: bob7 eve6", "a: eve8 bob7"}));
  EXPECT_EQ(harness.records()[3].time, from_epoch_ms(9));
  EXPECT_EQ(harness.records()[4].time, from_epoch_ms(5)) << "the time of the record that changed it";
}

TEST(top, prefers_the_earlier_of_equal_records) {
  auto harness = operator_harness<bid>(best_two());
  for (const std::string bidder : {"ann", "bob", "eve"}) harness.push({"a", bidder, 5}, 1ms);
  harness.push({"a", "max", 6}, 1ms);
  EXPECT_EQ(said(harness.values()), (std::vector<std::string>{"a: ann5", "a: ann5 bob5", "a: max6 ann5"}));
}

TEST(top, puts_what_is_no_number_last) {
  auto harness = operator_harness<bid>(best_two());
  harness.push({"a", "nan", std::numeric_limits<double>::quiet_NaN()}, 1ms);
  harness.push({"a", "ann", -5}, 1ms);
  harness.push({"a", "bob", -6}, 1ms);
  EXPECT_EQ(harness.values().back().elements, (std::vector<bid>{{"a", "ann", -5}, {"a", "bob", -6}}));
}

TEST(top, survives_a_snapshot_also_into_more_and_fewer_subtasks) {
  for (const std::size_t slots : {1u, 3u}) {
    auto harness = operator_harness<bid>(best_two(), {.slots = 2, .snapshots = true});
    for (int auction = 0; auction < 20; ++auction) {
      for (int price = 1; price <= 3; ++price) harness.push({std::to_string(auction), "ann", 10.0 * price}, 1ms);
    }
    harness.snapshot_restore(slots);
    harness.take_output();
    for (int auction = 0; auction < 20; ++auction) {
      harness.push({std::to_string(auction), "low", 20}, 2ms);
      harness.push({std::to_string(auction), "bob", 25}, 2ms);
    }
    std::vector<std::string> texts = said(harness.values());
    std::sort(texts.begin(), texts.end());
    std::vector<std::string> expected;
    for (int auction = 0; auction < 20; ++auction) expected.push_back(std::to_string(auction) + ": ann30 bob25");
    std::sort(expected.begin(), expected.end());
    EXPECT_EQ(texts, expected) << slots << " slots";
  }
}

TEST(top, is_that_of_a_sort_whatever_comes) {
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    std::mt19937_64 random(seed);
    auto harness = operator_harness<bid>(best_two(), {.slots = 1 + seed % 3});
    std::map<std::string, std::vector<bid>> all;
    std::map<std::string, std::vector<bid>> last;
    for (int i = 0; i < 200; ++i) {
      const std::string auction = std::to_string(random() % 5);
      const auto price = static_cast<double>(random() % 30);
      harness.push({auction, std::to_string(i), price}, 1ms);
      std::vector<bid>& own = all[auction];
      own.push_back({auction, std::to_string(i), price});
      std::vector<bid> ranked;
      std::vector<bid> left = own;
      while (ranked.size() < 2 && !left.empty()) {
        const auto largest =
            std::max_element(left.begin(), left.end(), [](const bid& a, const bid& b) { return a.price < b.price; });
        ranked.push_back(*largest);
        left.erase(largest);
      }
      const auto changed = harness.take_output();
      ASSERT_EQ(changed.size(), ranked == last[auction] ? 0u : 1u) << "seed " << seed << ", record " << i;
      if (!changed.empty()) {
        EXPECT_EQ(std::get<timed_record<standing>>(changed.front()).value, (standing{auction, ranked}))
            << "seed " << seed;
      }
      last[auction] = ranked;
    }
  }
}

TEST(top, begins_anew_when_it_has_not_changed_for_long) {
  auto harness = operator_harness<bid>(key_by(&bid::auction) | top<"best">(2, &bid::price, ttl(10s)));
  harness.push({"a", "ann", 5}, 1ms);
  harness.advance_processing_time(9s);
  harness.push({"a", "bob", 7}, 1ms);
  harness.advance_processing_time(9s);
  harness.push({"a", "eve", 1}, 1ms);
  harness.push({"a", "max", 8}, 1ms);
  harness.advance_processing_time(10s);
  harness.push({"a", "tom", 1}, 1ms);
  EXPECT_EQ(said(harness.values()), (std::vector<std::string>{"a: ann5", "a: bob7 ann5", "a: max8 bob7", "a: tom1"}));
}

TEST(top, of_nothing_is_refused) { EXPECT_THROW((top<"best">(0, &bid::price)), error); }

// ---- dedup ----------------------------------------------------------------------------------------------------------

TEST(dedup, lets_the_first_record_of_each_key_through) {
  for (const std::size_t slots : {1u, 3u}) {
    auto harness = operator_harness<bid>(key_by(&bid::auction) | dedup<"once">(), {.slots = slots, .snapshots = true});
    harness.push({"a", "ann", 1}, 3ms);
    harness.push({"a", "bob", 2}, 1ms);
    harness.push({"b", "bob", 3}, 2ms);
    EXPECT_EQ(harness.records(), (std::vector<timed_record<bid>>{{{"a", "ann", 1}, from_epoch_ms(3)},
                                                                 {{"b", "bob", 3}, from_epoch_ms(2)}}));
    harness.snapshot_restore(2);
    harness.take_output();
    harness.push({"b", "eve", 4}, 4ms);
    harness.push({"c", "eve", 5}, 4ms);
    EXPECT_EQ(harness.values(), (std::vector<bid>{{"c", "eve", 5}}));
  }
}

template <class Dedup>
std::vector<int> let_through(Dedup once) {
  auto harness = operator_harness<int, no_clock>(key_by([](int x) { return x / 10; }) | std::move(once));
  harness.push(11);
  harness.advance_processing_time(6s);
  harness.push(12);
  harness.advance_processing_time(6s);
  harness.push(13);
  harness.advance_processing_time(10s);
  harness.push(14);
  return harness.values();
}

TEST(dedup, forgets_keys_after_their_first_or_last_record) {
  EXPECT_EQ(let_through(dedup<"once">(ttl(10s))), (std::vector<int>{11, 13, 14}));
  EXPECT_EQ(let_through(dedup<"once">(ttl(10s).refresh_on_read())), (std::vector<int>{11, 14}));
}

TEST(dedup, says_in_a_plan_what_bounds_its_state) {
  const auto plan_of = [](auto once) {
    return job("once", from({1}) | key_by([](int x) { return x; }) | std::move(once) | to<"out">(discard())).plan();
  };
  EXPECT_NE(plan_of(dedup<"once">(ttl(1h))).find("dedup<\"once\">(first of each key, ttl 1h)"), std::string::npos)
      << plan_of(dedup<"once">(ttl(1h)));
  EXPECT_NE(plan_of(dedup<"once">(bounded_keys(9))).find("dedup<\"once\">(first of each key, "), std::string::npos);
}

}  // namespace
