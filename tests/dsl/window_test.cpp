#include "weir/dsl/window.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <cstdint>
#include <vector>

#include "tests/dsl/results_of.hpp"
#include "weir/core/error.hpp"
#include "weir/dsl/from.hpp"

namespace {

using namespace weir;
using namespace std::chrono_literals;
using ::testing::HasSubstr;
using weir::testing::reading;
using weir::testing::reading_at;
using weir::testing::results_of;

template <class Assigner>
auto counts_of(std::vector<reading> readings, Assigner assigner) {
  return results_of(from(std::move(readings), event_time(&reading::at, ascending())) | key_by(&reading::sensor) |
                    window(assigner) | aggregate<"counts">(count()));
}

TEST(window, refuses_a_record_without_event_time) {
  try {
    counts_of({{0, min_timestamp, 1}}, tumbling(1s));
    FAIL();
  } catch (const error& wrong) {
    EXPECT_THAT(wrong.what(), HasSubstr("a record without event time reached tumbling(1s)"));
  }
}

TEST(window, near_the_ends_of_time_does_not_overflow) {
  const std::int64_t last = epoch_ms(max_timestamp) - 1;
  auto results = counts_of({reading_at(last)}, tumbling(1ms));
  ASSERT_EQ(results.size(), 1u);
  EXPECT_EQ(results[0].window_start, from_epoch_ms(last));
  const std::int64_t first = epoch_ms(min_timestamp) + 1;
  results = counts_of({reading_at(first)}, tumbling(1h));
  ASSERT_EQ(results.size(), 1u);
  EXPECT_EQ(results[0].value, 1);
}

TEST(window, of_no_size_is_refused_where_it_is_made) {
  EXPECT_THROW(tumbling(0s), error);
  EXPECT_THROW(tumbling(1s, 1s), error);
}

TEST(window, stands_in_the_plan) {
  const job counted("test", from(std::vector<reading>(), event_time(&reading::at, ascending())) |
                                key_by(&reading::sensor) | window(tumbling(24h, -8h)) | aggregate<"days">(count()) |
                                to<"out">(discard()));
  EXPECT_THAT(counted.plan(plan_format::text, {.slots = 1}),
              HasSubstr("aggregate<\"days\">(tumbling(24h, -8h), count) -> window_result<int, std::int64_t>, keyed state"));
}

}  // namespace
