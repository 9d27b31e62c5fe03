#include "weir/dsl/share.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "tests/dsl/results_of.hpp"
#include "weir/dsl/filter.hpp"
#include "weir/dsl/from.hpp"
#include "weir/dsl/map.hpp"
#include "weir/dsl/partitioning.hpp"

namespace {

using namespace weir;
using namespace std::chrono_literals;
using weir::testing::event_times_of;
using weir::testing::reading;
using weir::testing::reading_at;
using weir::testing::results_of;
using weir::testing::sorted_results_of;

TEST(share, gives_every_reader_every_record_in_order) {
  std::vector<int> all;
  std::vector<int> even;
  auto numbers = from({1, 2, 3, 4}) | share();
  job("test", numbers | to<"all">(into(all)),
      numbers | filter([](int x) { return x % 2 == 0; }) | to<"even">(into(even)))
      .run({.slots = 1});
  EXPECT_EQ(all, (std::vector{1, 2, 3, 4}));
  EXPECT_EQ(even, (std::vector{2, 4}));
}

TEST(share, reads_its_source_once) {
  std::atomic<int> made{0};
  std::vector<int> one;
  std::vector<int> two;
  auto numbers = from({1, 2, 3}) | map([&made](int x) {
                   ++made;
                   return x;
                 }) |
                 share();
  job("test", numbers | to<"one">(into(one)), numbers | to<"two">(into(two))).run({.slots = 1});
  EXPECT_EQ(made, 3);
  EXPECT_EQ(one, two);
}

TEST(share, of_an_empty_input_gives_nothing) {
  auto nothing = from(std::vector<int>()) | share();
  EXPECT_TRUE(results_of(nothing | union_(nothing)).empty());
}

TEST(share, copies_texts_so_that_no_reader_sees_another_one_move_them) {
  const std::string text = "a text too long to be held in place";
  std::vector<std::string> one;
  std::vector<std::string> two;
  auto texts = from({text, text}) | share();
  job("test", texts | map([](std::string&& t) { return std::move(t); }) | to<"one">(into(one)),
      texts | to<"two">(into(two)))
      .run({.slots = 2});
  EXPECT_EQ(one, (std::vector{text, text}));
  EXPECT_EQ(two, (std::vector{text, text}));
}

TEST(share, makes_diamonds) {
  auto numbers = from({1, 2, 3}) | share();
  const auto results = [&](std::size_t slots) {
    return sorted_results_of(numbers | map([](int x) { return 10 * x; }) |
                                 union_(numbers | filter([](int x) { return x != 2; })),
                             {.slots = slots});
  };
  EXPECT_EQ(results(1), (std::vector{1, 3, 10, 20, 30}));
  EXPECT_EQ(results(3), (std::vector{1, 3, 10, 20, 30}));
}

TEST(share, keeps_event_times_for_every_reader) {
  auto readings = from({reading_at(3), reading_at(8)}, event_time(&reading::at, ascending())) | share();
  EXPECT_EQ(event_times_of(readings), (std::vector<std::int64_t>{3, 8}));
  EXPECT_EQ(event_times_of(readings | map([](const reading& r) { return r; }) | union_(readings)),
            (std::vector<std::int64_t>{3, 3, 8, 8}));
}

TEST(share, without_a_reader_in_the_job_is_no_burden) {
  auto numbers = from({1, 2}) | share();
  auto unused = numbers | map([](int x) { return x; });
  EXPECT_EQ(results_of(numbers), (std::vector{1, 2}));
}

TEST(share, has_as_many_readers_as_writers) {
  std::vector<int> one;
  std::vector<int> two;
  auto numbers = from({1, 2, 3}) | parallelism(1) | share();
  const job_report report =
      job("test", numbers | to<"one">(into(one)), numbers | map([](int x) { return x; }) | to<"two">(into(two)))
          .run({.slots = 3});
  for (const stage_report& stage : report.stages) EXPECT_EQ(stage.parallelism, 1u);
  EXPECT_EQ(one, (std::vector{1, 2, 3}));
  EXPECT_EQ(two, (std::vector{1, 2, 3}));
}

TEST(union_, gives_the_records_of_all_streams) {
  EXPECT_EQ(sorted_results_of(from({1, 2}) | union_(from({3}), from({4, 5})), {.slots = 1}),
            (std::vector{1, 2, 3, 4, 5}));
  EXPECT_EQ(sorted_results_of(from({1, 2}) | union_(from(std::vector<int>())), {.slots = 3}), (std::vector{1, 2}));
}

TEST(union_, of_nothing_else_changes_nothing) { EXPECT_EQ(results_of(from({1, 2}) | union_()), (std::vector{1, 2})); }

TEST(union_, has_the_least_event_time_of_its_streams) {
  // The second stream holds event time back, so its old records are not late behind the first one's.
  std::vector<reading> ahead;
  std::vector<reading> behind;
  for (int i = 0; i < 2000; ++i) {
    ahead.push_back(reading_at(1'000'000 + i));
    behind.push_back(reading_at(i));
  }
  const job both("test", from(ahead, event_time(&reading::at, ascending()).watermark_interval(1)) |
                             union_(from(behind, event_time(&reading::at, ascending()).watermark_interval(1))) |
                             key_by(&reading::sensor) | window(tumbling(1s)) | aggregate<"counts">(count()) |
                             to<"out">(discard()));
  for (const std::size_t slots : {1u, 2u}) {
    const job_report report = both.run({.slots = slots, .batch_records = 8});
    EXPECT_EQ(report.find("counts")->late_records, 0u);
  }
}

TEST(split, of_late_gives_late_records_unchanged_with_their_own_times) {
  auto source = from({reading_at(1000, 1), reading_at(500, 2), reading_at(1500, 3)},
                     event_time(&reading::at, ascending()).watermark_interval(1));
  auto [counts, late] = std::move(source) | parallelism(1) | key_by(&reading::sensor) | window(tumbling(1s)) |
                        aggregate<"counts">(count()) | split<"late">();
  auto shared_late = std::move(late) | share();
  std::vector<window_result<std::int32_t, std::int64_t>> windows;
  std::vector<reading> late_records;
  std::vector<window_result<int, std::int64_t>> late_times;
  const job_report report =
      job("test", std::move(counts) | to<"windows">(into(windows)), shared_late | to<"late">(into(late_records)),
          shared_late | key_by([](const reading&) { return 0; }) | window(tumbling(1ms)) |
              aggregate<"late times">(count()) | to<"times">(into(late_times)))
          .run({.slots = 1});
  EXPECT_EQ(windows, (std::vector<window_result<std::int32_t, std::int64_t>>{
                         {0, from_epoch_ms(1000), from_epoch_ms(2000), 2}}));
  EXPECT_EQ(late_records, (std::vector{reading_at(500, 2)}));
  EXPECT_EQ(report.find("counts")->late_records, 1u);
  EXPECT_EQ(report.find("late times")->late_records + late_times.size(), 1u);
}

/// A source of texts that reports those that are no numbers.
struct number_source {
  using value_type = int;
  static constexpr bool in_memory = true;
  static constexpr bool reports_malformed = true;
  std::vector<std::string> texts;

  std::string describe() const { return "numbers"; }
  std::vector<detail::source_split> splits(detail::source_context&) const { return {{"numbers", 0, texts.size(), 0}}; }
  struct reader {
    const number_source* source;
    std::size_t next = 0;
    template <class Out>
    detail::read_result read(std::size_t max, Out& out) {
      std::size_t emitted = 0;
      for (; next < source->texts.size() && emitted < max; ++next) {
        const std::string& text = source->texts[next];
        if (text.find_first_not_of("0123456789") == std::string::npos) {
          out(std::stoi(text));
          ++emitted;
        } else if constexpr (Out::takes_malformed) {
          out.malformed({"numbers", next + 1, text, "no number"});
        }
      }
      return {emitted, next == source->texts.size() ? detail::read_status::end : detail::read_status::more};
    }
    std::string position() const { return "number " + std::to_string(next); }
    std::uint64_t consumed() const { return next; }
  };
  reader open(const detail::source_split&, detail::source_context&) const { return {this}; }
};

TEST(split, of_malformed_gives_what_a_source_could_not_read) {
  auto [numbers, malformed] = from(number_source{{"1", "two", "3", "iv"}}) | split<"malformed">();
  std::vector<int> good;
  std::vector<std::pair<std::uint64_t, std::string>> bad;
  job("test", std::move(numbers) | to<"good">(into(good)),
      std::move(malformed) | map([](const malformed_record& m) { return std::pair(m.line, m.text); }) |
          to<"bad">(into(bad)))
      .run({.slots = 1});
  EXPECT_EQ(good, (std::vector{1, 3}));
  EXPECT_EQ(bad, (std::vector<std::pair<std::uint64_t, std::string>>{{2, "two"}, {4, "iv"}}));
}

TEST(split, behind_a_later_operator_of_the_stage_finds_its_tag) {
  auto [doubled, malformed] =
      from(number_source{{"1", "two", "3"}}) | map([](int number) { return 2 * number; }) | split<"malformed">();
  std::vector<int> good;
  std::vector<malformed_record> bad;
  job("test", std::move(doubled) | to<"good">(into(good)), std::move(malformed) | to<"bad">(into(bad)))
      .run({.slots = 1});
  EXPECT_EQ(good, (std::vector{2, 6}));
  ASSERT_EQ(bad.size(), 1u);
  EXPECT_EQ(bad[0].text, "two");
}

TEST(split, has_as_many_subtasks_on_both_sides) {
  auto [numbers, malformed] = from(number_source{{"1", "two"}}) | parallelism(2) | split<"malformed">();
  const job_report report =
      job("test", std::move(numbers) | to<"good">(discard()), std::move(malformed) | to<"bad">(discard())).run({.slots = 3});
  ASSERT_EQ(report.stages.size(), 3u);
  for (const stage_report& stage : report.stages) EXPECT_EQ(stage.parallelism, 2u);
  EXPECT_EQ(report.find("bad")->records_in, 1u);
}

TEST(split, whose_side_output_nobody_reads_drops_it) {
  auto [numbers, malformed] = from(number_source{{"1", "two"}}) | split<"malformed">();
  EXPECT_EQ(results_of(std::move(numbers)), (std::vector{1}));
}

}  // namespace
