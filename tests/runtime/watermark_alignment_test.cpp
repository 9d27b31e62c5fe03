// Sources that wait for each other: how far one gets ahead, and that none waits for ever, whatever fails.
#include "weir/runtime/watermark_alignment.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "weir/connectors/csv.hpp"
#include "weir/runtime/job_execution.hpp"
#include "weir/testkit/dataflow_driver.hpp"
#include "weir/testkit/exactly_once.hpp"
#include "weir/weir.hpp"

namespace weir::testing {
namespace {

using namespace std::chrono_literals;
using detail::alignment_group;
using detail::alignment_groups;
using detail::time_standing;

TEST(alignment_group, follows_its_slowest_member) {
  alignment_groups groups;
  alignment_group::member& left = groups.find("both").join();
  alignment_group::member& right = groups.find("both").join();
  groups.find("others").join().report(from_epoch_ms(-7));
  EXPECT_EQ(groups.find("both").least(), min_timestamp);  // none has begun
  left.report(from_epoch_ms(100));
  EXPECT_EQ(left.limit(5ms), min_timestamp + 5ms);
  right.report(from_epoch_ms(60));
  EXPECT_EQ(left.limit(5ms), from_epoch_ms(65));
  right.report(from_epoch_ms(10));  // another split
  EXPECT_EQ(right.limit(5ms), from_epoch_ms(15));
  right.leave();
  EXPECT_EQ(left.limit(5ms), from_epoch_ms(105));
  right.report(from_epoch_ms(20));  // no longer idle
  EXPECT_EQ(left.limit(5ms), from_epoch_ms(25));
  right.leave();
  left.leave();
  EXPECT_EQ(left.limit(5ms), max_timestamp);
}

struct event {
  BOOST_HANA_DEFINE_STRUCT(event, (std::int32_t, key), (std::int64_t, value), (timestamp, at));
};

struct row {
  BOOST_HANA_DEFINE_STRUCT(row, (std::int32_t, key), (std::int64_t, sum), (std::int64_t, count));
};

constexpr std::uint64_t dense_count = 1600;  // 10 ms apart
constexpr std::uint64_t sparse_count = 160;  // 100 ms apart: ten times as fast if nothing holds it back
constexpr std::uint64_t interval = 4;
constexpr auto drift = 200ms;

event dense(std::uint64_t i) {
  return {static_cast<std::int32_t>(i % 5), 1, from_epoch_ms(static_cast<std::int64_t>(i) * 10)};
}
event sparse(std::uint64_t i) {
  return {static_cast<std::int32_t>(i % 3), 1000, from_epoch_ms(static_cast<std::int64_t>(i) * 100)};
}

/// How far the sources have come, and by how much the sparse one was ahead at most.
struct progress {
  std::int64_t dense = 0;
  std::int64_t sparse = 0;
  std::int64_t lead = 0;
};

template <fixed_string Uid>
auto source(event (*make)(std::uint64_t), std::uint64_t count, double per_second, std::int64_t progress::* figure,
            const std::shared_ptr<progress>& seen) {
  auto events = generate(make, bounded{count});
  if (per_second > 0) events = std::move(events).rate(per_second);
  return from<Uid>(std::move(events), event_time(&event::at, ascending())
                                          .watermark_interval(interval)
                                          .idle_after(1s)
                                          .align("both", drift, 1ms)) |
         peek([seen, figure](const event& each) {
           (*seen).*figure = epoch_ms(each.at);
           seen->lead = std::max(seen->lead, seen->sparse - seen->dense);
         });
}

/// `dense_per_second` 0: as fast as it can.
job aligned_job(const std::shared_ptr<progress>& seen = std::make_shared<progress>(), double dense_per_second = 0) {
  return job("aligned",
             source<"dense">(&dense, dense_count, dense_per_second, &progress::dense, seen) |
                 union_(source<"sparse">(&sparse, sparse_count, 0, &progress::sparse, seen) |
                        assign_event_time<"again">(event_time(&event::at, ascending()).watermark_interval(3))) |
                 key_by(&event::key) | window(tumbling(500ms)) | aggregate<"totals">(sum(&event::value), count()) |
                 map([](const auto& window) {
                   return row{window.key, std::get<0>(window.value), std::get<1>(window.value)};
                 }) |
                 to<"out">(csv("out.csv")));
}

std::vector<std::string> expected_rows() {
  std::map<std::pair<std::int32_t, std::int64_t>, row> windows;
  const auto add = [&](const event& each) {
    row& window = windows.try_emplace({each.key, epoch_ms(each.at) / 500}, row{each.key, 0, 0}).first->second;
    window.sum += each.value;
    ++window.count;
  };
  for (std::uint64_t i = 0; i < dense_count; ++i) add(dense(i));
  for (std::uint64_t i = 0; i < sparse_count; ++i) add(sparse(i));
  std::vector<std::string> rows{"key,sum,count"};
  for (const auto& [at, each] : windows) {
    rows.push_back(std::to_string(each.key) + "," + std::to_string(each.sum) + "," + std::to_string(each.count));
  }
  return rows;
}

TEST(watermark_alignment, pauses_the_source_that_is_ahead) {
  const auto seen = std::make_shared<progress>();
  dataflow_driver driver(aligned_job(seen), {.slots = 2});
  std::size_t pauses = 0;
  while (!driver.done()) {
    if (!driver.step()) {
      driver.run_until_idle();
      driver.clock().advance(1ms);
    }
    for (const auto& stage : driver.execution().metrics()) {
      for (const auto& subtask : stage) pauses += subtask.stands() == time_standing::paused ? 1 : 0;
    }
  }
  EXPECT_EQ(seen->dense, 15'990);
  EXPECT_EQ(seen->sparse, 15'900);
  EXPECT_GT(pauses, 10u);
  // Beyond what is allowed it reads one interval, and the other may have an interval in hand.
  EXPECT_LE(seen->lead, drift.count() + 2 * static_cast<std::int64_t>(interval) * 100);
}

TEST(watermark_alignment, waits_for_no_source_that_is_idle) {
  const auto seen = std::make_shared<progress>();
  dataflow_driver driver(aligned_job(seen, 0.1), {.slots = 2});  // a record every ten seconds
  const auto run_for = [&](std::chrono::milliseconds time) {
    for (const auto until = driver.clock().monotonic() + time; driver.clock().monotonic() < until;) {
      driver.run_until_idle();
      driver.clock().advance(10ms);
    }
  };
  run_for(900ms);
  EXPECT_LE(seen->sparse, drift.count() + static_cast<std::int64_t>(interval) * 100);
  run_for(1s);
  EXPECT_EQ(seen->sparse, 15'900);
  EXPECT_EQ(seen->dense, 0);
}

TEST(watermark_alignment, loses_nothing_and_does_not_lock_up) {
  EXPECT_EXACTLY_ONCE(aligned_job(), job_files().expect("out.csv", expected_rows()), seeds(40));
}

}  // namespace
}  // namespace weir::testing
