#include "weir/dsl/pure.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "tests/dsl/results_of.hpp"
#include "weir/dsl/branch.hpp"
#include "weir/dsl/filter.hpp"
#include "weir/dsl/flat_map.hpp"
#include "weir/dsl/from.hpp"
#include "weir/dsl/job.hpp"
#include "weir/dsl/key_by.hpp"
#include "weir/dsl/map.hpp"
#include "weir/dsl/partitioning.hpp"
#include "weir/dsl/peek.hpp"
#include "weir/dsl/rolling.hpp"
#include "weir/dsl/update.hpp"
#include "weir/dsl/window.hpp"

namespace {

using namespace weir;
using namespace std::chrono_literals;
using weir::testing::reading;
using weir::testing::reading_at;
using weir::testing::results_of;

std::vector<int> first_numbers(int count) {
  std::vector<int> numbers;
  for (int i = 0; i < count; ++i) numbers.push_back(i);
  return numbers;
}

constexpr auto is_odd = [](int x) { return x % 2 != 0; };

TEST(pure, filters_keep_what_they_should_in_order) {
  for (const int count : {0, 1, 255, 256, 257, 511, 513, 2000}) {
    std::vector<int> expected;
    for (int i = 0; i < count; ++i) {
      if ((3 * i + 1) % 2 != 0 && (3 * i + 2) % 5 != 0) expected.push_back(3 * i + 2);
    }
    EXPECT_EQ(results_of(from(first_numbers(count)) | map(pure([](int x) { return 3 * x + 1; })) |
                         filter(pure(is_odd)) | update(pure([](int& x) { ++x; })) |
                         filter(pure([](int x) { return x % 5 != 0; }))),
              expected)
        << count << " numbers";
  }
}

TEST(pure, filter_feeds_nothing_that_it_rejects_downstream) {
  EXPECT_EQ(results_of(from({0, 5, 0, 20}) | filter(pure([](int x) { return x != 0; })) |
                       map([](int x) { return 100 / x; })),
            (std::vector{20, 5}));
}

TEST(pure, filter_behind_one_that_looks_at_records_shows_them_in_turn) {
  std::vector<std::string> seen;
  const std::vector<int> results =
      results_of(from({1, 2, 3}) | peek([&seen](int x) { seen.push_back("in " + std::to_string(x)); }) |
                 filter(pure(is_odd)) | peek([&seen](int x) { seen.push_back("out " + std::to_string(x)); }));
  EXPECT_EQ(results, (std::vector{1, 3}));
  EXPECT_EQ(seen, (std::vector<std::string>{"in 1", "out 1", "in 2", "in 3", "out 3"}));
}

TEST(pure, filter_in_a_stage_that_makes_many_records_of_one) {
  EXPECT_EQ(results_of(from({1, 2, 3}) | filter(pure(is_odd)) |
                       flat_map([](int x) { return std::vector<int>(static_cast<std::size_t>(x), x); })),
            (std::vector{1, 3, 3, 3}));
}

TEST(pure, filter_of_records_too_large_to_collect) {
  struct large {
    std::int64_t values[16];
  };
  std::vector<large> records(300);
  for (std::size_t i = 0; i < records.size(); ++i) records[i].values[0] = static_cast<std::int64_t>(i);
  const auto results = results_of(from(records) | filter(pure([](const large& r) { return r.values[0] % 3 == 0; })) |
                                  map([](const large& r) { return r.values[0]; }));
  ASSERT_EQ(results.size(), 100u);
  for (std::size_t i = 0; i < results.size(); ++i) EXPECT_EQ(results[i], 3 * static_cast<std::int64_t>(i));
}

TEST(pure, filters_keep_event_times_and_keys) {
  std::vector<reading> readings;
  for (int i = 0; i < 1000; ++i) readings.push_back(reading_at(i, i % 7));
  const auto counts = [&](auto keep) {
    auto results = results_of(from(readings, event_time(&reading::at, ascending()).watermark_interval(10)) | filter(keep) |
                              rebalance() | filter(keep) | key_by(&reading::sensor) | window(tumbling(100ms)) |
                              aggregate<"counts">(count()));
    std::sort(results.begin(), results.end(), [](const auto& a, const auto& b) { return a.window_start < b.window_start; });
    return results;
  };
  const auto keep = [](const reading& r) { return epoch_ms(r.at) % 3 != 0; };
  ASSERT_EQ(counts(keep).size(), 10u);
  EXPECT_EQ(counts(pure(keep)), counts(keep));
}

/// Emits strings that it overwrites with the next one, as a reader does with a block that it leaves.
struct overwriting_source {
  using value_type = std::string_view;
  static constexpr bool in_memory = true;

  std::string describe() const { return "strings"; }
  std::vector<detail::source_split> splits(detail::source_context&) const { return {{"strings", 0, 10, 0}}; }
  struct reader {
    char digit = '0';
    template <class Out>
    detail::read_result read(std::size_t, Out& out) {
      char text = '0';
      for (; digit <= '9'; ++digit) {
        text = digit;
        out(std::string_view(&text, 1));
      }
      return {10, detail::read_status::end};
    }
    std::string position() const { return {}; }
    std::uint64_t consumed() const { return 0; }
  };
  reader open(const detail::source_split&, detail::source_context&) const { return {}; }
};

TEST(pure, filter_does_not_keep_borrowed_strings_waiting) {
  EXPECT_EQ(results_of(from(overwriting_source{}) | filter(pure([](std::string_view text) { return text > "6"; }))),
            (std::vector<std::string>{"7", "8", "9"}));
}

TEST(pure, filters_in_a_branch) {
  std::vector<int> odd;
  std::vector<int> all;
  job("branches", from(first_numbers(600)) | branch(filter(pure(is_odd)) | to<"odd">(into(odd)), to<"all">(into(all))))
      .run({.slots = 1});
  EXPECT_EQ(odd.size(), 300u);
  EXPECT_EQ(all.size(), 600u);
}

TEST(pure, filters_are_counted_like_others) {
  std::vector<int> kept;
  const job_report report = job("count", from<"numbers">(generate([](std::uint64_t i) { return static_cast<int>(i); },
                                                                  bounded(1000))) |
                                             filter(pure(is_odd)) | map([](int x) { return x; }) | to<"out">(into(kept)))
                                .run({.slots = 1});
  EXPECT_EQ(report.find("out")->records_in, 500u);
  EXPECT_EQ(report.find("numbers")->records_out, 1000u);
}

}  // namespace
