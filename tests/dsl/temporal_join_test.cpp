#include "weir/dsl/temporal_join.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <limits>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "tests/dsl/results_of.hpp"
#include "weir/connectors/csv.hpp"
#include "weir/core/error.hpp"
#include "weir/dsl/from.hpp"
#include "weir/dsl/map.hpp"
#include "weir/dsl/share.hpp"
#include "weir/testkit/co_operator_harness.hpp"
#include "weir/testkit/exactly_once.hpp"

namespace {

using namespace weir;
using namespace std::chrono_literals;
using ::testing::HasSubstr;
using weir::testing::co_operator_harness;
using weir::testing::dataflow_driver;
using weir::testing::driver_options;
using weir::testing::reading;
using weir::testing::reading_at;
using weir::testing::sorted_results_of;
using weir::testing::timed_record;
using weir::testing::watermark;

struct row {
  BOOST_HANA_DEFINE_STRUCT(row, (std::int32_t, key), (std::string, id));
};
std::string text_of(const row& left, const row* version) { return left.id + "," + (version == nullptr ? "-" : version->id); }

auto left_harness(const driver_options& options = {.snapshots = true}) {
  return co_operator_harness<row, row>(
      [](auto left, auto right) {
        return connect(std::move(left) | key_by(&row::key), std::move(right) | key_by(&row::key)) |
               temporal_left_join<"join">(text_of);
      },
      options);
}
using item = weir::testing::output_item<std::string>;
item said(std::string text, std::int64_t time) { return timed_record<std::string>{std::move(text), from_epoch_ms(time)}; }
item passed(std::int64_t time) { return watermark{from_epoch_ms(time)}; }

TEST(temporal_join, meets_the_latest_version_of_its_time_once_both_sides_have_come_so_far) {
  auto harness = left_harness();
  harness.right({1, "v5"}, 5ms);
  harness.left({1, "l7"}, 7ms);
  harness.left({1, "l4"}, 4ms);
  harness.left({2, "l6"}, 6ms);
  harness.left_watermark(10ms);
  EXPECT_TRUE(harness.take_output().empty()) << "versions may still come";
  harness.right({1, "v7"}, 7ms);
  harness.right({1, "v8"}, 8ms);
  harness.right_watermark(6ms);
  EXPECT_EQ(harness.take_output(), (std::vector<item>{said("l4,-", 4), said("l6,-", 6), passed(6)}));
  harness.right_watermark(7ms);
  EXPECT_EQ(harness.take_output(), (std::vector<item>{said("l7,v7", 7), passed(7)}));
}

TEST(temporal_join, leaves_out_records_without_a_version) {
  auto harness = co_operator_harness<row, row>([](auto left, auto right) {
    return connect(std::move(left) | key_by(&row::key), std::move(right) | key_by(&row::key)) |
           temporal_join<"join">([](const row& l, const row& r) { return text_of(l, &r); });
  });
  harness.left({1, "l1"}, 1ms);
  harness.right({1, "v2"}, 2ms);
  harness.left({1, "l2"}, 2ms);
  harness.end();
  EXPECT_EQ(harness.values(), (std::vector<std::string>{"l2,v2"}));
}

TEST(temporal_join, takes_the_last_of_versions_of_one_time) {
  auto harness = left_harness();
  harness.right({1, "first"}, 2ms);
  harness.right({1, "second"}, 2ms);
  harness.left({1, "l"}, 3ms);
  harness.watermark(3ms);
  EXPECT_EQ(harness.values(), (std::vector<std::string>{"l,second"}));
}

TEST(temporal_join, puts_late_records_out_and_late_versions_in) {
  auto harness = left_harness();
  harness.watermark(10ms);
  harness.left({1, "l10"}, 10ms);
  ASSERT_EQ(harness.side<"late">().size(), 1u);
  EXPECT_EQ(harness.side<"late">()[0].value.id, "l10");
  EXPECT_EQ(harness.report().find("join")->late_records, 1u);
  harness.right({1, "v8"}, 8ms);
  harness.right({1, "v3"}, 3ms);
  harness.left({1, "l11"}, 11ms);
  harness.watermark(11ms);
  EXPECT_EQ(harness.values(), (std::vector<std::string>{"l11,v8"}));
  EXPECT_EQ(harness.report().find("join")->late_records, 1u);
}

TEST(temporal_join, keeps_waiting_records_and_versions_through_a_snapshot) {
  auto harness = left_harness();
  harness.right({1, "v1"}, 1ms);
  harness.right({1, "v5"}, 5ms);
  harness.left({1, "l4"}, 4ms);
  harness.left({1, "l9"}, 9ms);
  harness.watermark(2ms);
  harness.snapshot_restore(3);
  harness.take_output();
  harness.watermark(20ms);
  EXPECT_EQ(harness.records(), (std::vector<timed_record<std::string>>{{"l4,v1", from_epoch_ms(4)}, {"l9,v5", from_epoch_ms(9)}}));
}

/// The rule by itself: versions stay in a list, and every record looks at all of them.
class model {
 public:
  void left(const row& value, std::int64_t ms) {
    if (ms > mark_) waiting_.push_back({value, ms});
  }
  void right(const row& value, std::int64_t ms) { versions_.push_back({value, ms}); }
  void advance(bool is_left, std::int64_t ms) {
    auto& side = marks_[is_left ? 0 : 1];
    side = std::max(side, ms);
    mark_ = std::max(mark_, std::min(marks_[0], marks_[1]));
    for (const entry& each : waiting_) {
      if (each.ms > mark_) continue;
      const entry* best = nullptr;
      for (const entry& version : versions_) {
        if (version.value.key != each.value.key || version.ms > each.ms) continue;
        if (best == nullptr || version.ms >= best->ms) best = &version;
      }
      out_.emplace_back(each.value.id + "," + (best == nullptr ? "-" : best->value.id), from_epoch_ms(each.ms));
    }
    std::erase_if(waiting_, [&](const entry& each) { return each.ms <= mark_; });
  }
  auto results() const {
    auto sorted = out_;
    std::sort(sorted.begin(), sorted.end());
    return sorted;
  }

 private:
  struct entry {
    row value;
    std::int64_t ms;
  };
  std::int64_t marks_[2] = {-1'000'000, -1'000'000};
  std::int64_t mark_ = -1'000'000;
  std::vector<entry> waiting_;
  std::vector<entry> versions_;
  std::vector<std::pair<std::string, timestamp>> out_;
};

TEST(temporal_join, equals_a_search_through_all_versions) {
  for (std::uint64_t seed = 0; seed < 80; ++seed) {
    std::mt19937_64 random(seed);
    const auto below = [&](std::uint64_t limit) { return static_cast<std::int64_t>(random() % limit); };
    model expected;
    const auto slots = static_cast<std::size_t>(1 + below(3));
    const auto batch_records = static_cast<std::size_t>(1 + below(5));
    auto harness = left_harness({.slots = slots, .batch_records = batch_records, .snapshots = true});
    for (std::int64_t step = 0; step < 250; ++step) {
      const std::int64_t what = below(20);
      const row value{static_cast<std::int32_t>(below(4)), std::to_string(step)};
      const std::int64_t ms = step / 3 + below(30) - 15;
      if (what < 8) {
        expected.left(value, ms);
        harness.left(value, std::chrono::milliseconds(ms));
      } else if (what < 14) {
        expected.right(value, ms);
        harness.right(value, std::chrono::milliseconds(ms));
      } else if (what < 19) {
        const bool is_left = below(2) == 0;
        expected.advance(is_left, ms);
        is_left ? harness.left_watermark(std::chrono::milliseconds(ms)) : harness.right_watermark(std::chrono::milliseconds(ms));
      }
    }
    harness.snapshot_restore(static_cast<std::size_t>(1 + below(3)));
    expected.advance(true, 1'000'000);
    expected.advance(false, 1'000'000);
    harness.watermark(1'000'000ms);
    std::vector<std::pair<std::string, timestamp>> results;
    for (const auto& each : harness.records()) results.emplace_back(each.value, each.time);
    std::sort(results.begin(), results.end());
    ASSERT_EQ(results, expected.results()) << "seed " << seed;
  }
}

using pair_of_values = std::pair<std::int64_t, std::int64_t>;

/// In whole jobs nothing is late, and the versions of a key have distinct times.
std::vector<pair_of_values> looked_up(const std::vector<reading>& left, const std::vector<reading>& right) {
  std::vector<pair_of_values> found;
  for (const reading& l : left) {
    const reading* best = nullptr;
    for (const reading& r : right) {
      if (r.sensor == l.sensor && r.at <= l.at && (best == nullptr || r.at > best->at)) best = &r;
    }
    if (best != nullptr) found.emplace_back(l.value, best->value);
  }
  std::sort(found.begin(), found.end());
  return found;
}
std::vector<reading> random_readings(std::mt19937_64& random) {
  std::vector<reading> made(random() % 300);
  std::int64_t number = 0;
  for (reading& each : made) {
    each = reading_at(number, number, static_cast<std::int32_t>(random() % 8));
    ++number;
  }
  std::shuffle(made.begin(), made.end(), random);
  return made;
}
constexpr auto values = [](const reading& l, const reading& r) { return pair_of_values(l.value, r.value); };

TEST(temporal_join, gives_the_same_in_any_parallelism_and_batch_size) {
  for (std::uint64_t seed = 0; seed < 30; ++seed) {
    std::mt19937_64 random(seed);
    const auto left = random_readings(random);
    const auto right = random_readings(random);
    const std::size_t slots = 1 + random() % 4;
    const std::size_t batch_records = 1 + random() % 30;
    const auto times = event_time(&reading::at, out_of_orderness(1s)).watermark_interval(1 + random() % 20);
    EXPECT_EQ(sorted_results_of(connect(from(left, times) | key_by(&reading::sensor), from(right, times) | key_by(&reading::sensor)) |
                                    temporal_join<"join">(values),
                                {.slots = slots, .batch_records = batch_records}),
              looked_up(left, right))
        << "seed " << seed;
  }
}

TEST(temporal_join, of_two_branches_of_one_stream_never_gets_stuck) {
  std::vector<reading> all;
  for (int i = 0; i < 300; ++i) all.push_back(reading_at(i, i, i % 5));
  std::vector<pair_of_values> results;
  auto shared = from(all, event_time(&reading::at, ascending()).watermark_interval(1)) | share();
  const job diamond("diamond", connect(shared | key_by(&reading::sensor), shared | key_by(&reading::sensor)) |
                                   temporal_join<"join">(values) | to<"out">(into(results)));
  dataflow_driver driver(diamond, {.slots = 1, .batch_records = 1, .channel_capacity = 1});
  driver.run();
  std::sort(results.begin(), results.end());
  EXPECT_EQ(results, looked_up(all, all));
}

struct joined_row {
  BOOST_HANA_DEFINE_STRUCT(joined_row, (std::int64_t, left), (std::int64_t, right));
};

TEST(temporal_join, joins_every_record_exactly_once_whatever_happens) {
  std::mt19937_64 random(12);
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
  for (const auto& [l, r] : looked_up(left, right)) expected.push_back(std::to_string(l) + "," + std::to_string(r));
  const auto times = event_time(&reading::at, out_of_orderness(1s)).watermark_interval(16);
  const job joined("joined", connect(from<"left">(csv<reading>("left.csv").split_bytes(1000), times) | key_by(&reading::sensor),
                                     from<"right">(csv<reading>("right.csv").split_bytes(1500), times) | key_by(&reading::sensor)) |
                                 temporal_join<"join">(values, bounded_keys(8)) |
                                 map([](const pair_of_values& pair) { return joined_row{pair.first, pair.second}; }) |
                                 to<"out">(csv("out.csv")));
  EXPECT_EXACTLY_ONCE(joined,
                      weir::testing::job_files()
                          .given("left.csv", text_of_file(left))
                          .given("right.csv", text_of_file(right))
                          .expect("out.csv", expected),
                      weir::testing::seeds(60));
}

}  // namespace
