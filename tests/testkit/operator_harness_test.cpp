#include "weir/testkit/operator_harness.hpp"

#include <gtest/gtest.h>

#include <stdexcept>
#include <string_view>

#include "weir/core/error.hpp"
#include "weir/dsl/aggregate.hpp"
#include "weir/dsl/filter.hpp"
#include "weir/dsl/flat_map.hpp"
#include "weir/dsl/key_by.hpp"
#include "weir/dsl/map.hpp"
#include "weir/dsl/window.hpp"
#include "weir/testkit/watermark_checker.hpp"

namespace weir::testing {
namespace {

using namespace std::chrono_literals;

struct sale {
  BOOST_HANA_DEFINE_STRUCT(sale, (std::string_view, shop), (std::int64_t, amount));
};

timestamp at(std::chrono::milliseconds since_epoch) { return timestamp{since_epoch}; }

using counted = window_result<std::string, std::int64_t>;
using counted_item = output_item<counted>;

counted_item counted_at(timestamp time, std::string shop, timestamp start, timestamp end, std::int64_t count) {
  return timed_record<counted>{{std::move(shop), start, end, count}, time};
}

auto counts_per_second() {
  return operator_harness<sale>(
      key_by(&sale::shop) | window(tumbling(1s)) | aggregate<"counts">(count()) | map([](const auto& result) {
        return counted{std::string(result.key), result.window_start, result.window_end, result.value};
      }));
}

TEST(operator_harness, shows_results_before_the_watermark_that_triggers_them) {
  auto harness = counts_per_second();
  harness.push({"north", 1}, 200ms);
  harness.push({"north", 2}, 999ms);
  harness.push({"north", 3}, 1000ms);
  harness.watermark(998ms);
  EXPECT_EQ(harness.output(), (std::vector<counted_item>{watermark{at(998ms)}}));
  harness.watermark(999ms);
  EXPECT_EQ(harness.output(),
            (std::vector<counted_item>{watermark{at(998ms)}, counted_at(at(999ms), "north", at(0ms), at(1s), 2),
                                       watermark{at(999ms)}}));
}

TEST(operator_harness, gives_late_records_unchanged_with_their_time) {
  auto harness = operator_harness<sale>(key_by(&sale::shop) | window(tumbling(1s)) | aggregate<"counts">(count()));
  harness.watermark(1500ms);
  harness.push({"north", 7}, 999ms);
  harness.push({"north", 8}, 1000ms);
  ASSERT_EQ(harness.late().size(), 1U);
  EXPECT_EQ(harness.late()[0].time, at(999ms));
  EXPECT_EQ(harness.late()[0].value->shop, "north");
  EXPECT_EQ(harness.late()[0].value->amount, 7);
  EXPECT_EQ(harness.report().find("counts")->late_records, 1U);
}

TEST(operator_harness, forwards_watermarks_exactly_and_swallows_those_that_do_not_rise) {
  auto harness = operator_harness<int>(filter([](int) { return false; }));
  using item = output_item<int>;
  harness.push(1, 10ms);
  harness.watermark(5ms);
  harness.watermark(5ms);
  harness.watermark(4ms);
  harness.idle();
  harness.active();
  harness.watermark(6ms);
  EXPECT_EQ(harness.take_output(),
            (std::vector<item>{watermark{at(5ms)}, idleness{true}, idleness{false}, watermark{at(6ms)}}));
  harness.end();
  EXPECT_EQ(harness.take_output(), (std::vector<item>{watermark{max_timestamp}}));
}

TEST(operator_harness, fires_all_at_the_end_and_nothing_at_a_stop) {
  auto ended = counts_per_second();
  ended.push({"north", 1}, 200ms);
  ended.end();
  EXPECT_EQ(ended.output(),
            (std::vector<counted_item>{counted_at(at(999ms), "north", at(0ms), at(1s), 1), watermark{max_timestamp}}));
  auto stopped = counts_per_second();
  stopped.push({"north", 1}, 200ms);
  stopped.stop();
  EXPECT_TRUE(stopped.output().empty());
  EXPECT_EQ(stopped.report().find("counts")->open_entries, 1U);
}

TEST(operator_harness, works_without_event_time) {
  auto harness = operator_harness<int, no_clock>(map([](int value) { return value * 2; }) |
                                                 flat_map([](int value) { return std::vector<int>(2, value); }));
  harness.push(1);
  harness.push_all({2, 3});
  EXPECT_EQ(harness.values(), (std::vector<int>{2, 2, 4, 4, 6, 6}));
  EXPECT_EQ(harness.records()[0].time, min_timestamp);
}

TEST(operator_harness, keeps_order_and_times_of_records_that_share_a_batch) {
  auto harness = operator_harness<int>(map([](int value) { return -value; }));
  harness.push_all({{1, at(3ms)}, {2, at(1ms)}, {3, at(2ms)}});
  EXPECT_EQ(harness.records(), (std::vector<timed_record<int>>{{-1, at(3ms)}, {-2, at(1ms)}, {-3, at(2ms)}}));
}

TEST(operator_harness, throws_what_the_operator_throws) {
  auto harness = operator_harness<int>(map([](int value) {
    if (value < 0) throw std::invalid_argument("negative");
    return value;
  }));
  harness.push(1, 1ms);
  try {
    harness.push(-1, 2ms);
    FAIL() << "must throw";
  } catch (const error& failure) {
    EXPECT_STREQ(failure.what(),
                 "job 'harness', stage 'from | map', subtask 1 of 1, at after record 1 of the test: negative");
  }
}

TEST(watermark_checker, fails_on_a_record_behind_the_watermark) {
  auto harness = operator_harness<int>(check_watermarks("here"));
  harness.push(1, 4ms);
  harness.watermark(5ms);
  harness.push(2, 6ms);
  try {
    harness.push(3, 5ms);
    FAIL() << "must throw";
  } catch (const error& failure) {
    EXPECT_TRUE(std::string_view(failure.what())
                    .ends_with("check_watermarks(\"here\"): a record at 5 ms came behind the watermark 5 ms"))
        << failure.what();
  }
}

}  // namespace
}  // namespace weir::testing
