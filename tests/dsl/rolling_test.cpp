#include "weir/dsl/rolling.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tests/dsl/results_of.hpp"
#include "weir/dsl/from.hpp"
#include "weir/dsl/map.hpp"
#include "weir/dsl/partitioning.hpp"

namespace {

using namespace weir;
using weir::testing::event_times_of;
using weir::testing::reading;
using weir::testing::reading_at;
using weir::testing::results_of;

struct tagged {
  BOOST_HANA_DEFINE_STRUCT(tagged, (std::string, key), (std::int32_t, value), (std::string, tag));
  friend bool operator==(const tagged&, const tagged&) = default;
};

/// The input of the rolling cases ROLL-01 and ROLL-02 (observed on Apache Flink 2.2.0).
const std::vector<tagged> input{{"k", 5, "p"}, {"k", 3, "q"}, {"k", 3, "r"}, {"j", 9, "s"},
                                {"k", 4, "t"}, {"k", 1, "u"}, {"j", 9, "v"}};

TEST(rolling, sum_replaces_its_member_only) {
  EXPECT_EQ(results_of(from(input) | key_by(&tagged::key) | rolling<"sums">(sum(&tagged::value))),
            (std::vector<tagged>{{"k", 5, "p"}, {"k", 8, "p"}, {"k", 11, "p"}, {"j", 9, "s"}, {"k", 15, "p"},
                                 {"k", 16, "p"}, {"j", 18, "s"}}));
}

TEST(rolling, min_replaces_its_member_only) {
  EXPECT_EQ(results_of(from(input) | key_by(&tagged::key) | rolling<"least">(min(&tagged::value))),
            (std::vector<tagged>{{"k", 5, "p"}, {"k", 3, "p"}, {"k", 3, "p"}, {"j", 9, "s"}, {"k", 3, "p"},
                                 {"k", 1, "p"}, {"j", 9, "s"}}));
}

TEST(rolling, max_replaces_its_member_only) {
  EXPECT_EQ(results_of(from({tagged{"k", 1, "p"}, tagged{"k", 3, "q"}, tagged{"k", 2, "r"}}) | key_by(&tagged::key) |
                       rolling<"most">(max(&tagged::value))),
            (std::vector<tagged>{{"k", 1, "p"}, {"k", 3, "p"}, {"k", 3, "p"}}));
}

TEST(rolling, min_by_emits_the_whole_element_and_the_first_of_equal_ones) {
  EXPECT_EQ(results_of(from(input) | key_by(&tagged::key) | rolling<"least">(min_by(&tagged::value))),
            (std::vector<tagged>{{"k", 5, "p"}, {"k", 3, "q"}, {"k", 3, "q"}, {"j", 9, "s"}, {"k", 3, "q"},
                                 {"k", 1, "u"}, {"j", 9, "s"}}));
}

TEST(rolling, min_by_may_keep_the_last_of_equal_ones) {
  EXPECT_EQ(results_of(from(input) | key_by(&tagged::key) | rolling<"least">(min_by<ties::last>(&tagged::value))),
            (std::vector<tagged>{{"k", 5, "p"}, {"k", 3, "q"}, {"k", 3, "r"}, {"j", 9, "s"}, {"k", 3, "r"},
                                 {"k", 1, "u"}, {"j", 9, "v"}}));
}

TEST(rolling, emits_nothing_for_an_empty_input) {
  EXPECT_TRUE(results_of(from(std::vector<tagged>()) | key_by(&tagged::key) | rolling<"sums">(sum(&tagged::value)),
                         {.slots = 2})
                  .empty());
}

TEST(rolling, keeps_the_event_time_of_the_record_that_causes_a_result) {
  EXPECT_EQ(event_times_of(from({reading_at(3), reading_at(8)}, event_time(&reading::at, ascending())) |
                           key_by(&reading::sensor) | rolling<"sums">(sum(&reading::value))),
            (std::vector<std::int64_t>{3, 8}));
}

TEST(reduce, takes_the_first_record_of_a_key_without_a_call) {
  const auto join = [](const tagged& a, const tagged& b) {
    return tagged{a.key, a.value - b.value, a.tag + b.tag};
  };
  EXPECT_EQ(results_of(from(input) | key_by(&tagged::key) | reduce<"joined">(join)),
            (std::vector<tagged>{{"k", 5, "p"}, {"k", 2, "pq"}, {"k", -1, "pqr"}, {"j", 9, "s"}, {"k", -5, "pqrt"},
                                 {"k", -6, "pqrtu"}, {"j", 0, "sv"}}));
}

TEST(reduce, may_stand_as_a_function_of_rolling) {
  EXPECT_EQ(results_of(from({1, 2, 3}) | key_by([](int) { return true; }) |
                       rolling<"sums">(reduce([](int a, int b) { return a + b; }))),
            (std::vector{1, 3, 6}));
}

struct word {
  BOOST_HANA_DEFINE_STRUCT(word, (std::string_view, text), (std::int32_t, count));
};

TEST(rolling, of_a_borrowing_record_keeps_its_bytes_and_gives_views_of_them) {
  std::vector<std::int64_t> ids;
  for (std::int64_t i = 0; i < 1000; ++i) ids.push_back(i);
  const auto words = results_of(from(ids) |
                                    map([](std::int64_t i) { return "a word that is too long, " + std::to_string(i % 2); }) |
                                    rebalance() | map([](const std::string& text) { return word{text, 1}; }) |
                                    key_by(&word::text) | rolling<"counts">(sum(&word::count)) |
                                    map([](const word& w) { return std::pair(std::string(w.text), w.count); }),
                                {.slots = 1, .batch_records = 8});
  ASSERT_EQ(words.size(), 1000u);
  EXPECT_EQ(words[998], std::pair(std::string("a word that is too long, 0"), 500));
  EXPECT_EQ(words[999], std::pair(std::string("a word that is too long, 1"), 500));
}

}  // namespace
