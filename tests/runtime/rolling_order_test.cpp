// Rolling aggregates and the order that they rely on: records of one key keep their order from one producer subtask.
#include <gtest/gtest.h>

#include <map>
#include <vector>

#include "tests/runtime/reading.hpp"
#include "tests/runtime/split_numbers.hpp"
#include "weir/dsl/from.hpp"
#include "weir/dsl/job.hpp"
#include "weir/dsl/key_by.hpp"
#include "weir/dsl/partitioning.hpp"
#include "weir/dsl/rolling.hpp"
#include "weir/dsl/sinks.hpp"
#include "weir/dsl/to.hpp"
#include "weir/testkit/simulator.hpp"

namespace weir::testing {
namespace {

constexpr std::uint64_t count_of_readings = 1000;

TEST(rolling_sum, ends_at_the_total_and_emits_for_every_record) {
  std::map<std::int32_t, std::int64_t> totals;
  for (std::uint64_t i = 0; i < count_of_readings; ++i) totals[reading_at(i).key] += reading_at(i).value;

  std::vector<reading> sums;
  const job rolling_sums("sums", from<"readings">(split_numbers(count_of_readings, 50, reading_at)) |
                                     key_by(&reading::key) | rolling<"sums">(sum(&reading::value)) |
                                     to<"out">(into(sums)));
  const auto check = [&](const std::string& run) {
    EXPECT_EQ(sums.size(), count_of_readings) << run;
    std::map<std::int32_t, std::int64_t> last;
    for (const reading& each : sums) last[each.key] = each.value;
    EXPECT_EQ(last, totals) << run;
    sums.clear();
  };
  for (const std::size_t slots : {1U, 2U, 8U}) {
    rolling_sums.run({.slots = slots});
    check(std::to_string(slots) + " slots");
  }
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    simulate(rolling_sums, {.seed = seed, .slots = std::size_t{1} << (seed % 4)});
    check("seed " + std::to_string(seed));
    if (HasFailure()) return;
  }
}

TEST(order_per_key, is_kept_from_one_producer_subtask) {
  const auto numbered = [](std::uint64_t i) {
    reading made = reading_at(i);
    made.value = static_cast<std::int64_t>(i);
    return made;
  };
  std::vector<reading> seen;
  // The reducer keeps the newest record, so that the output is the sequence in which records of a key arrived.
  const job newest("newest", from<"readings">(split_numbers(count_of_readings, 50, numbered)) | parallelism(1) |
                                 key_by(&reading::key) |
                                 reduce<"newest">([](const reading&, const reading& next) { return next; }) |
                                 to<"out">(into(seen)));
  const auto check = [&](const std::string& run) {
    ASSERT_EQ(seen.size(), count_of_readings) << run;
    std::map<std::int32_t, std::int64_t> last;
    for (const reading& each : seen) {
      const auto [place, first] = last.try_emplace(each.key, each.value);
      if (first) continue;
      ASSERT_EQ(each.value, place->second + 13) << run << ", key " << each.key;  // every 13th number has this key
      place->second = each.value;
    }
    seen.clear();
  };
  for (const std::size_t slots : {1U, 2U, 8U}) {
    newest.run({.slots = slots, .batch_records = 5});
    check(std::to_string(slots) + " slots");
  }
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    simulate(newest, {.seed = seed, .slots = std::size_t{1} << (seed % 4)});
    check("seed " + std::to_string(seed));
    if (HasFatalFailure()) return;
  }
}

}  // namespace
}  // namespace weir::testing
