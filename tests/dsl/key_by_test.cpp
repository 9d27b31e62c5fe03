#include "weir/dsl/key_by.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tests/dsl/results_of.hpp"
#include "weir/dsl/from.hpp"
#include "weir/dsl/map.hpp"
#include "weir/dsl/partitioning.hpp"
#include "weir/dsl/rolling.hpp"

namespace {

using namespace weir;
using weir::testing::event_times_of;
using weir::testing::reading;
using weir::testing::reading_at;
using weir::testing::results_of;
using weir::testing::sorted_results_of;

const auto add = reduce([](const reading& a, const reading& b) { return reading{a.sensor, b.at, a.value + b.value}; });

/// The last running sum of each sensor, whatever the order between sensors.
std::map<std::int32_t, std::int64_t> last_sums(const std::vector<reading>& results) {
  std::map<std::int32_t, std::int64_t> last;
  for (const reading& each : results) last[each.sensor] = std::max(last[each.sensor], each.value);
  return last;
}

std::vector<reading> many_readings() {
  std::vector<reading> all;
  for (int i = 0; i < 10'000; ++i) all.push_back(reading_at(i, 1, i % 37));
  return all;
}

TEST(key_by, brings_all_records_of_a_key_together_whatever_the_slots) {
  std::map<std::int32_t, std::int64_t> expected;
  for (const reading& each : many_readings()) ++expected[each.sensor];
  for (const std::size_t slots : {1u, 2u, 5u}) {
    EXPECT_EQ(last_sums(results_of(from(many_readings()) | rebalance() | key_by(&reading::sensor) |
                                       rolling<"sums">(add),
                                   {.slots = slots})),
              expected);
  }
}

TEST(key_by, keeps_the_order_of_a_key) {
  const auto results = results_of(from({reading_at(1, 1, 7), reading_at(2, 10, 8), reading_at(3, 100, 7)}) |
                                      key_by(&reading::sensor) | rolling<"sums">(add),
                                  {.slots = 2});
  std::vector<std::int64_t> sevens;
  for (const reading& each : results) {
    if (each.sensor == 7) sevens.push_back(each.value);
  }
  EXPECT_EQ(sevens, (std::vector<std::int64_t>{1, 101}));
}

TEST(key_by, takes_functions_and_generic_lambdas) {
  const auto last_of = [](auto stream) { return results_of(std::move(stream) | rolling<"sums">(add)).back().value; };
  EXPECT_EQ(last_of(from(many_readings()) | key_by([](const reading& r) { return r.sensor >= 0; })), 10'000);
  EXPECT_EQ(last_of(from(many_readings()) | key_by([](const auto& r) { return std::pair(r.value, std::string("x")); })),
            10'000);
  EXPECT_EQ(last_of(from(many_readings()) | key_by([](reading) { return std::optional<int>(); })), 10'000);
}

TEST(key_by, a_string_view_is_a_key_that_state_owns) {
  const std::vector<std::string> words{"a long word that owns memory", "b", "a long word that owns memory"};
  const auto counted = results_of(from(words) | map([](const std::string& word) { return std::pair(word, 1); }) |
                                  key_by([](const auto& pair) { return std::string_view(pair.first); }) |
                                  rolling<"counts">(reduce([](const auto& a, const auto& b) {
                                    return std::pair(a.first, a.second + b.second);
                                  })));
  EXPECT_EQ(counted, (std::vector<std::pair<std::string, int>>{{words[0], 1}, {words[1], 1}, {words[0], 2}}));
}

TEST(key_by, without_a_stateful_operator_only_partitions) {
  const auto results = sorted_results_of(
      from({5, 1, 4, 2, 3}) | key_by([](int x) { return x; }) | map([](int x) { return 10 * x; }), {.slots = 3});
  EXPECT_EQ(results, (std::vector{10, 20, 30, 40, 50}));
}

TEST(key_by, keeps_event_times) {
  EXPECT_EQ(event_times_of(from({reading_at(3), reading_at(4)}, event_time(&reading::at, ascending())) |
                           key_by(&reading::value) | map([](const reading& r) { return r; })),
            (std::vector<std::int64_t>{3, 4}));
}

TEST(key_by, may_be_followed_by_another) {
  const auto results = results_of(from(many_readings()) | key_by(&reading::sensor) | rolling<"one">(add) |
                                      key_by(&reading::at) | rolling<"two">(add),
                                  {.slots = 2});
  EXPECT_EQ(results.size(), many_readings().size());
}

}  // namespace
