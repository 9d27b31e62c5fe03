#include "weir/dsl/co_group.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <map>
#include <random>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include "tests/dsl/results_of.hpp"
#include "weir/connectors/csv.hpp"
#include "weir/dsl/filter.hpp"
#include "weir/dsl/from.hpp"
#include "weir/dsl/map.hpp"
#include "weir/dsl/partitioning.hpp"
#include "weir/dsl/share.hpp"
#include "weir/testkit/co_operator_harness.hpp"
#include "weir/testkit/exactly_once.hpp"

namespace {

using namespace weir;
using namespace std::chrono_literals;
using ::testing::HasSubstr;
using ::testing::UnorderedElementsAre;
using weir::testing::co_operator_harness;
using weir::testing::dataflow_driver;
using weir::testing::reading;
using weir::testing::reading_at;
using weir::testing::results_of;
using weir::testing::sorted_results_of;

struct tagged {
  BOOST_HANA_DEFINE_STRUCT(tagged, (std::string, key), (std::string, tag), (timestamp, at));
};
tagged at(std::string key, std::string tag, std::int64_t ms) { return {std::move(key), std::move(tag), from_epoch_ms(ms)}; }

std::string text_of(const std::vector<tagged>& records) {
  std::string text;
  for (const tagged& each : records) text += (text.empty() ? "" : " ") + each.key + each.tag;
  return text;
}
constexpr auto both_lists = [](const std::vector<tagged>& left, const std::vector<tagged>& right) {
  return text_of(left) + " / " + text_of(right);
};
constexpr auto pair_text = [](const tagged& left, const tagged& right) {
  return left.key + left.tag + " " + right.key + right.tag;
};

auto timed(std::vector<tagged> records) {
  return from(std::move(records), event_time(&tagged::at, ascending()).watermark_interval(1)) | parallelism(1) |
         key_by(&tagged::key);
}

/// Value and event time of each result.
template <class Results>
std::vector<std::pair<std::string, std::int64_t>> values_of(const Results& results) {
  std::vector<std::pair<std::string, std::int64_t>> values;
  for (const auto& each : results) values.emplace_back(each.value, epoch_ms(each.window_end) - 1);
  return values;
}

TEST(co_group, wjoin_01_gives_both_lists_of_each_key_and_window_that_has_either) {  // observed on Apache Flink 2.2.0
  const std::vector<tagged> left{at("a", "0", 0), at("a", "1", 1), at("a", "2", 2), at("b", "3", 3), at("b", "4", 4),
                                 at("b", "5", 5), at("a", "6", 6), at("a", "7", 7), at("a", "8", 8)};
  const std::vector<tagged> right{at("a", "0", 0), at("a", "1", 1), at("b", "3", 3),
                                  at("c", "6", 6), at("c", "7", 7), at("c", "8", 8)};
  for (const std::size_t slots : {1u, 3u}) {
    EXPECT_THAT(values_of(results_of(connect(timed(left), timed(right)) | window(tumbling(3ms)) |
                                         co_group<"groups">(both_lists),
                                     {.slots = slots})),
                UnorderedElementsAre(std::pair("a0 a1 a2 / a0 a1", 2), std::pair("b3 b4 b5 / b3", 5),
                                     std::pair("a6 a7 a8 / ", 8), std::pair(" / c6 c7 c8", 8)));
  }
}

TEST(window_join, wjoin_02_gives_all_pairs_of_a_key_in_a_window) {  // observed on Apache Flink 2.2.0
  const std::vector<tagged> left{at("a", "x", 0), at("a", "y", 1), at("a", "z", 2), at("b", "u", 3),
                                 at("b", "w", 5), at("a", "i", 6), at("a", "j", 7), at("a", "k", 8)};
  const std::vector<tagged> right{at("a", "u", 0), at("a", "w", 1), at("b", "i", 3),
                                  at("b", "k", 5), at("a", "x", 6), at("a", "z", 8)};
  std::vector<std::string> pairs;
  for (const auto& each : results_of(connect(timed(left), timed(right)) | window(tumbling(3ms)) |
                                     window_join<"pairs">(pair_text))) {
    pairs.push_back(each.value);
    EXPECT_EQ(each.key, each.value.substr(0, 1));
  }
  EXPECT_THAT(pairs, UnorderedElementsAre("ax au", "ax aw", "ay au", "ay aw", "az au", "az aw", "bu bi", "bu bk", "bw bi",
                                          "bw bk", "ai ax", "ai az", "aj ax", "aj az", "ak ax", "ak az"));
}

TEST(window_join, gives_pairs_with_the_last_instant_of_their_window_and_late_records_by_themselves) {
  auto harness = co_operator_harness<tagged, tagged>(
      [](auto left, auto right) {
        return connect(std::move(left) | key_by(&tagged::key), std::move(right) | key_by(&tagged::key)) |
               window(tumbling(10ms)) | window_join<"pairs">(pair_text);
      },
      {.snapshots = true});
  harness.left(at("a", "1", 1), 1ms);
  harness.left(at("a", "2", 2), 2ms);
  harness.snapshot_restore(3);
  harness.right(at("a", "9", 9), 9ms);
  harness.right(at("b", "9", 9), 9ms);
  harness.watermark(9ms);
  const auto records = harness.records();
  ASSERT_EQ(records.size(), 2u);
  EXPECT_EQ(records[0].value.value, "a1 a9");
  EXPECT_EQ(records[1].value.value, "a2 a9");
  EXPECT_EQ(records[1].time, from_epoch_ms(9));
  harness.right(at("a", "8", 8), 8ms);
  ASSERT_EQ(harness.side<"late">().size(), 1u);
  EXPECT_EQ(harness.side<"late">()[0].value.right().tag, "8");
  EXPECT_EQ(harness.report().find("pairs")->late_records, 1u);
}

struct page_view {
  BOOST_HANA_DEFINE_STRUCT(page_view, (std::string_view, user), (std::string_view, page));
};

TEST(co_group, keeps_records_that_borrow) {
  auto harness = co_operator_harness<page_view, std::string_view>([](auto views, auto users) {
    return connect(std::move(views) | key_by(&page_view::user),
                   std::move(users) | key_by([](const std::string_view& user) { return user; })) |
           window(tumbling(10ms)) |
           co_group<"groups">([](const std::vector<owned_t<page_view>>& views, const std::vector<std::string>& users) {
             return std::string(views.empty() ? "" : views.back()->page) + " " + std::to_string(users.size());
           });
  });
  {
    std::string page = "a page with a name that is too long to lie in place";
    harness.left({"ann", page}, 1ms);
    page.assign(page.size(), '?');
  }
  harness.right("ann", 2ms);
  harness.end();
  ASSERT_EQ(harness.values().size(), 1u);
  EXPECT_EQ(harness.values()[0].value, "a page with a name that is too long to lie in place 1");
}

// ---- against a nested loop ------------------------------------------------------------------------------------------

using joined_values = std::tuple<std::int32_t, std::int64_t, std::int64_t, std::int64_t>;  // key, window, left, right

std::vector<joined_values> nested_loop(const std::vector<reading>& left, const std::vector<reading>& right) {
  std::vector<joined_values> pairs;
  for (const reading& l : left) {
    for (const reading& r : right) {
      if (l.sensor != r.sensor || epoch_ms(l.at) / 50 != epoch_ms(r.at) / 50) continue;
      pairs.emplace_back(l.sensor, epoch_ms(l.at) / 50 * 50, l.value, r.value);
    }
  }
  std::sort(pairs.begin(), pairs.end());
  return pairs;
}
std::vector<reading> random_readings(std::mt19937_64& random) {
  std::vector<reading> made(random() % 300);
  for (reading& each : made) {
    const auto ms = static_cast<std::int64_t>(random() % 1000);
    const auto value = static_cast<std::int64_t>(random() % 1000);
    each = reading_at(ms, value, static_cast<std::int32_t>(random() % 8));
  }
  return made;
}
constexpr auto pair_of_values = [](const reading& left, const reading& right) { return std::pair(left.value, right.value); };
constexpr auto flat = [](const auto& each) {
  return joined_values(each.key, epoch_ms(each.window_start), each.value.first, each.value.second);
};

TEST(window_join, gives_the_same_in_any_parallelism_and_batch_size) {
  for (std::uint64_t seed = 0; seed < 30; ++seed) {
    std::mt19937_64 random(seed);
    const auto left = random_readings(random);
    const auto right = random_readings(random);
    const std::size_t slots = 1 + random() % 4;
    const std::size_t batch_records = 1 + random() % 30;
    const auto times = event_time(&reading::at, out_of_orderness(1s)).watermark_interval(1 + random() % 20);
    EXPECT_EQ(sorted_results_of(connect(from(left, times) | key_by(&reading::sensor), from(right, times) | key_by(&reading::sensor)) |
                                    window(tumbling(50ms)) | window_join<"pairs">(pair_of_values) | map(flat),
                                {.slots = slots, .batch_records = batch_records}),
              nested_loop(left, right))
        << "seed " << seed;
  }
}

TEST(window_join, of_two_branches_of_one_stream_never_gets_stuck) {
  std::vector<reading> all;
  for (int i = 0; i < 300; ++i) all.push_back(reading_at(i, i, i % 5));
  std::vector<reading> odd;
  for (const reading& each : all) {
    if (each.value % 2 == 1) odd.push_back(each);
  }
  std::vector<joined_values> results;
  auto shared = from(all, event_time(&reading::at, ascending()).watermark_interval(1)) | share();
  const job diamond("diamond", connect(shared | key_by(&reading::sensor),
                                       shared | filter([](const reading& r) { return r.value % 2 == 1; }) |
                                           key_by(&reading::sensor)) |
                                   window(tumbling(50ms)) | window_join<"pairs">(pair_of_values) | map(flat) |
                                   to<"out">(into(results)));
  dataflow_driver driver(diamond, {.slots = 1, .batch_records = 1, .channel_capacity = 1});
  driver.run();
  std::sort(results.begin(), results.end());
  EXPECT_EQ(results, nested_loop(all, odd));
}

struct joined_row {
  BOOST_HANA_DEFINE_STRUCT(joined_row, (std::int64_t, left), (std::int64_t, right));
};

TEST(window_join, gives_every_pair_exactly_once_whatever_happens) {
  std::mt19937_64 random(11);
  const auto left = random_readings(random);
  const auto right = random_readings(random);
  const auto text_of_file = [](const std::vector<reading>& readings) {
    std::string text = "sensor,at,value\n";
    for (const reading& each : readings) {
      text += std::to_string(each.sensor) + "," + std::to_string(epoch_ms(each.at)) + "," + std::to_string(each.value) + "\n";
    }
    return text;
  };
  std::vector<std::string> expected{"left,right"};
  for (const auto& [key, start, l, r] : nested_loop(left, right)) expected.push_back(std::to_string(l) + "," + std::to_string(r));
  const auto times = event_time(&reading::at, out_of_orderness(1s)).watermark_interval(16);
  const job joined("joined", connect(from<"left">(csv<reading>("left.csv").split_bytes(1000), times) | key_by(&reading::sensor),
                                     from<"right">(csv<reading>("right.csv").split_bytes(1500), times) | key_by(&reading::sensor)) |
                                 window(tumbling(50ms)) | window_join<"pairs">(pair_of_values) |
                                 map([](const auto& each) { return joined_row{each.value.first, each.value.second}; }) |
                                 to<"out">(csv("out.csv")));
  EXPECT_EXACTLY_ONCE(joined,
                      weir::testing::job_files()
                          .given("left.csv", text_of_file(left))
                          .given("right.csv", text_of_file(right))
                          .expect("out.csv", expected),
                      weir::testing::seeds(60));
}

TEST(connect, lets_other_aggregates_work_on_both_sides) {
  const std::vector<reading> left{reading_at(1, 1), reading_at(2, 1)};
  const std::vector<reading> right{reading_at(3, 1), reading_at(60, 1)};
  const auto times = event_time(&reading::at, ascending());
  auto counts = connect(from(left, times) | key_by(&reading::sensor), from(right, times) | key_by(&reading::sensor)) |
                window(tumbling(50ms)) | aggregate<"counts">(count());
  using counted = window_result<std::int32_t, std::int64_t>;
  EXPECT_EQ(results_of(std::move(counts)), (std::vector<counted>{{0, from_epoch_ms(0), from_epoch_ms(50), 3},
                                                                 {0, from_epoch_ms(50), from_epoch_ms(100), 1}}));
}

}  // namespace
