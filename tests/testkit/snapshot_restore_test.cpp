// snapshot_restore of the harness: windows, rolling aggregates and their event time, in other slots than before.
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "weir/testkit/testkit.hpp"
#include "weir/weir.hpp"

namespace weir::testing {
namespace {

using namespace std::chrono_literals;

struct tick {
  BOOST_HANA_DEFINE_STRUCT(tick, (std::string, symbol), (std::int64_t, shares));
};

std::vector<std::int64_t> sums_of(const auto& records) {
  std::vector<std::int64_t> sums;
  for (const auto& each : records) sums.push_back(each.value.value);
  std::sort(sums.begin(), sums.end());
  return sums;
}

TEST(snapshot_restore, keeps_open_windows) {
  for (const std::size_t slots : {1u, 2u, 5u}) {
    auto harness = operator_harness<tick>(
        key_by(&tick::symbol) | window(tumbling(100ms)) | aggregate<"sums">(sum(&tick::shares)), {.snapshots = true});
    harness.push({"a", 1}, 10ms);
    harness.push({"b", 20}, 50ms);
    harness.push({"a", 300}, 150ms);
    harness.snapshot_restore(slots);
    EXPECT_EQ(harness.records().size(), 0u);
    harness.push({"a", 2}, 20ms);
    harness.push({"c", 7}, 120ms);
    harness.watermark(99ms);
    EXPECT_EQ(sums_of(harness.records()), (std::vector<std::int64_t>{3, 20})) << slots;
    harness.snapshot_restore();
    harness.end();
    EXPECT_EQ(sums_of(harness.records()), (std::vector<std::int64_t>{3, 7, 20, 300})) << slots;
  }
}

TEST(snapshot_restore, begins_event_time_anew) {
  auto harness = operator_harness<tick>(
      key_by(&tick::symbol) | window(tumbling(100ms)) | aggregate<"sums">(sum(&tick::shares)), {.snapshots = true});
  harness.watermark(500ms);
  harness.push({"a", 1}, 10ms);
  EXPECT_EQ(harness.report().find("sums")->late_records, 1u);
  harness.snapshot_restore();
  harness.push({"a", 2}, 10ms);
  EXPECT_EQ(harness.report().find("sums")->late_records, 0u);
  harness.watermark(99ms);
  EXPECT_EQ(sums_of(harness.records()), (std::vector<std::int64_t>{2}));
}

TEST(snapshot_restore, keeps_rolling_aggregates) {
  auto harness = operator_harness<tick, no_clock>(key_by(&tick::symbol) | rolling<"sums">(sum(&tick::shares)),
                                                  {.snapshots = true});
  harness.push({"a", 1});
  harness.push({"b", 20});
  harness.snapshot_restore(4);
  harness.push({"a", 2});
  harness.push({"b", 30});
  std::vector<std::int64_t> shares;
  for (const auto& each : harness.values()) shares.push_back(each.shares);
  EXPECT_EQ(shares, (std::vector<std::int64_t>{1, 20, 3, 50}));
}

TEST(snapshot_restore, needs_a_harness_made_for_it) {
  auto harness = operator_harness<tick, no_clock>(key_by(&tick::symbol) | rolling<"sums">(sum(&tick::shares)));
  EXPECT_THROW(harness.snapshot_restore(), error);
}

struct no_record {
  int value = 0;
};

TEST(snapshot_restore, refuses_state_without_a_binary_form) {
  const auto folding = [] {
    return key_by(&tick::symbol) | window(tumbling(100ms)) |
           aggregate<"folds">(fold(no_record{}, [](no_record& held, const tick& each) {
             held.value += static_cast<int>(each.shares);
           })) |
           map([](const auto& window) { return std::int64_t{window.value.value}; });
  };
  try {
    auto harness = operator_harness<tick>(folding(), {.snapshots = true});
    FAIL() << "it was taken";
  } catch (const error& cause) {
    EXPECT_NE(std::string(cause.what()).find("no_record has no binary form"), std::string::npos) << cause.what();
  }
}

}  // namespace
}  // namespace weir::testing
