// Sessions by their own operator: against the plain model of windows through snapshots and other parallelisms, what a
// calendar could get wrong, what senders must not keep back, and that windows of very many keys fire in steps.
#include "weir/dsl/session_aggregate.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <limits>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "tests/dsl/results_of.hpp"
#include "tests/dsl/window_model.hpp"
#include "weir/core/error.hpp"
#include "weir/dsl/from.hpp"
#include "weir/dsl/map.hpp"
#include "weir/testkit/hand_fed_source.hpp"
#include "weir/testkit/random_numbers.hpp"
#include "weir/testkit/testkit.hpp"

namespace weir::testing {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

using texts = std::vector<std::string>;

std::chrono::milliseconds ms(std::int64_t count) { return std::chrono::milliseconds(count); }

auto counted_and_summed() { return aggregate<"sums">(sum(&reading::value), count()); }

/// "sensor [start,end) sum/count" of what has come out since the last call, in order.
template <class Harness>
texts taken(Harness& harness) {
  texts found;
  for (const auto& item : harness.take_output()) {
    const auto* const record = std::get_if<timed_record<typename Harness::output_type>>(&item);
    if (record == nullptr) continue;
    const auto& of = record->value;
    found.push_back(std::to_string(of.key) + " [" + std::to_string(epoch_ms(of.window_start)) + "," +
                    std::to_string(epoch_ms(of.window_end)) + ") " + std::to_string(std::get<0>(of.value)) + "/" +
                    std::to_string(std::get<1>(of.value)));
    if (record->time != of.window_end - 1ms) found.back() += " at another time";
  }
  return found;
}

auto sessions_of(std::int64_t gap) {
  return operator_harness<reading>(key_by(&reading::sensor) | window(session(ms(gap))) | counted_and_summed(),
                                   {.snapshots = true});
}

TEST(session_aggregate, is_that_of_the_model_through_snapshots) {
  for (std::uint64_t seed = 0; seed < 150; ++seed) {
    random_numbers draw(seed);
    const auto gap = static_cast<std::int64_t>(1 + draw.below(20));
    const std::uint64_t keys = 1 + draw.below(4);
    auto harness = sessions_of(gap);
    window_model model({.windows = model_setting::assigner::session, .size = gap});
    std::int64_t now = 0;
    std::size_t late_seen = 0;
    std::size_t late_before = 0;  // the last snapshot
    for (int step = 0; step < 150; ++step) {
      texts expected;
      const std::uint64_t what = draw.below(24);
      if (what == 0) {
        const std::size_t slots = 1 + draw.below(3);
        harness.snapshot_restore(slots);
        model.restore();
        late_before = late_seen;
      } else if (what < 5) {
        now += 1 + static_cast<std::int64_t>(draw.below(25));
        harness.watermark(ms(now));
        expected = model.advance(now);
      } else {
        const auto key = static_cast<std::int32_t>(draw.below(keys));
        const std::int64_t time = std::max<std::int64_t>(0, now + static_cast<std::int64_t>(draw.below(90)) - 30);
        harness.push({key, from_epoch_ms(time), step}, ms(time));
        expected = model.element(key, step, time);
      }
      texts found = taken(harness);
      for (; late_seen < harness.late().size(); ++late_seen) {
        found.push_back("!" + std::to_string(harness.late()[late_seen].value.value));
      }
      std::sort(found.begin(), found.end());
      ASSERT_EQ(found, expected) << "seed " << seed << ", step " << step << ", gap " << gap;
    }
    harness.end();
    texts found = taken(harness);
    std::sort(found.begin(), found.end());
    ASSERT_EQ(found, model.advance(std::numeric_limits<std::int64_t>::max())) << "seed " << seed << ", at the end";
    EXPECT_EQ(harness.report().find("sums")->open_entries, 0u);
    EXPECT_EQ(harness.report().find("sums")->late_records, late_seen - late_before);
  }
}

TEST(session_aggregate, fires_in_the_order_of_ends_whatever_the_order_of_arrival) {
  auto harness = sessions_of(10);
  harness.push(reading_at(50, 1, 7), 50ms);
  harness.push(reading_at(20, 2, 7), 20ms);  // an earlier session of the same key: the calendar looks sooner
  harness.push(reading_at(35, 4, 8), 35ms);
  harness.push(reading_at(26, 8, 7), 26ms);  // grows: what is in the calendar is too early
  harness.watermark(44ms);
  EXPECT_THAT(taken(harness), ElementsAre("7 [20,36) 10/2", "8 [35,45) 4/1"));
  harness.push(reading_at(70, 16, 7), 70ms);
  harness.push(reading_at(60, 32, 7), 60ms);  // touches both
  harness.watermark(78ms);
  EXPECT_THAT(taken(harness), ElementsAre());
  harness.watermark(79ms);
  EXPECT_THAT(taken(harness), ElementsAre("7 [50,80) 49/3"));
}

TEST(session_aggregate, takes_a_gap_from_the_record_and_the_last_instant_of_time) {
  const auto gap = [](const reading& r) { return ms(r.value); };
  auto harness = operator_harness<reading>(key_by(&reading::sensor) | window(session(gap)) | counted_and_summed());
  harness.push(reading_at(0, 30), 0ms);
  harness.push(reading_at(10, 5), 10ms);  // lies in the session and does not shorten it
  harness.push({1, from_epoch_ms(1), std::numeric_limits<std::int64_t>::max()}, 1ms);
  harness.watermark(1h);
  EXPECT_THAT(taken(harness), ElementsAre("0 [0,30) 35/2"));
  harness.end();
  EXPECT_EQ(harness.values().size(), 1u);
  EXPECT_EQ(harness.report().find("sums")->open_entries, 0u);
}

// A session that grew once emptied the texts of later ones, which were moved onto themselves.
TEST(session_aggregate, lets_an_earlier_session_grow_beside_later_ones) {
  detail::open_sessions<std::string> row;
  const auto join = [&row](std::int64_t from, std::int64_t to, const std::string& text) {
    const auto merge = [](std::string& held, const std::string& later) { held += later; };
    row.join({from_epoch_ms(from), from_epoch_ms(to)}, [] { return std::string(); }, merge).contents += text;
  };
  join(10, 20, "a text that no small buffer holds");
  join(30, 40, "another text that no small buffer holds");
  join(50, 60, "a third text that no small buffer holds");
  join(15, 25, "; it grows");
  EXPECT_EQ(row.front().contents, "a text that no small buffer holds; it grows");
  row.pop_front();
  EXPECT_EQ(row.front().contents, "another text that no small buffer holds");
  join(55, 65, "; so does it");
  row.pop_front();
  EXPECT_EQ(row.front().contents, "a third text that no small buffer holds; so does it");
  EXPECT_EQ(row.front().window(), (time_window{from_epoch_ms(50), from_epoch_ms(65)}));
}

TEST(session_aggregate, says_what_stays_open_when_it_is_stopped) {
  auto harness = operator_harness<reading>(key_by(&reading::sensor) | window(session(10ms)) | counted_and_summed());
  for (const std::int64_t at : {0, 50, 30}) harness.push(reading_at(at), ms(at));
  harness.stop();
  EXPECT_EQ(harness.report().find("sums")->open_entries, 3u);
}

TEST(session_aggregate, refuses_the_rows_of_windows_in_general) {
  const std::filesystem::path folder = std::filesystem::path(::testing::TempDir()) / "sessions_of_windows_in_general";
  std::filesystem::remove_all(folder);
  const auto job_with = [](auto windows) {
    const auto make = [](std::uint64_t i) { return reading_at(static_cast<std::int64_t>(i % 1000)); };
    return job("sums", from<"readings">(generate(make, bounded(10'000'000)).rate(50'000),
                                        event_time(&reading::at, out_of_orderness(1s)).watermark_interval(1)) |
                           key_by(&reading::sensor) | windows | aggregate<"totals">(sum(&reading::value)) |
                           to<"out">(discard()));
  };
  run_options options{.slots = 1};
  options.checkpoints.directory = folder / "kept";
  options.checkpoints.interval = 5ms;
  job_handle running = job_with(window(session(1h)).allowed_lateness(1h)).start(options);
  while (running.running() && running.metrics().checkpoints_completed < 3) std::this_thread::sleep_for(1ms);
  running.stop_with_savepoint(folder / "sp");
  running.wait();
  options.restore = folder / "sp";
  options.checkpoints.directory = folder / "kept by another";
  try {
    job_with(window(session(1h))).run(options);
    FAIL() << "it was restored";
  } catch (const error& refused) {
    EXPECT_THAT(refused.what(), HasSubstr("the state of aggregate 'totals' in "));
    EXPECT_THAT(refused.what(), HasSubstr("does not fit: 'panes: list<"));
    EXPECT_THAT(refused.what(), HasSubstr("restore with the program that took the snapshot"));
  }
  std::filesystem::remove_all(folder);
}

// ---- senders that aggregate first ---------------------------------------------------------------------------------------

/// Behind an operator that does not split off late records senders may aggregate first.
TEST(session_writer, gives_the_sessions_of_the_model_through_snapshots) {
  for (std::uint64_t seed = 0; seed < 300; ++seed) {
    random_numbers draw(seed);
    const auto gap = static_cast<std::int64_t>(1 + draw.below(40));
    const std::uint64_t keys = 1 + draw.below(6);
    auto harness = operator_harness<reading>(
        key_by(&reading::sensor) | window(session(ms(gap))) | counted_and_summed() | map([](const auto& each) { return each; }),
        {.snapshots = true});
    window_model model({.windows = model_setting::assigner::session, .size = gap});
    std::int64_t now = 0;
    std::uint64_t late = 0;  // since the last snapshot
    std::vector<timed_record<reading>> records;
    texts expected;
    for (int step = 0; step < 250; ++step) {
      const std::uint64_t what = draw.below(40);
      if (what >= 5) {
        const auto key = static_cast<std::int32_t>(draw.below(keys));
        const std::int64_t time = std::max<std::int64_t>(0, now + static_cast<std::int64_t>(draw.below(90)) - 30);
        records.push_back({{key, from_epoch_ms(time), step}, from_epoch_ms(time)});
        for (const std::string& each : model.element(key, step, time)) late += each.front() == '!' ? 1 : 0;
        continue;
      }
      harness.push_all(std::exchange(records, {}));
      ASSERT_EQ(harness.report().find("sums")->late_records, late) << "seed " << seed << ", step " << step;
      if (what == 0) {
        harness.snapshot_restore(1 + draw.below(3));
        model.restore();
        late = 0;
      } else {
        now += 1 + static_cast<std::int64_t>(draw.below(25));
        harness.watermark(ms(now));
        expected = model.advance(now);
      }
      texts found = taken(harness);
      std::sort(found.begin(), found.end());
      ASSERT_EQ(found, std::exchange(expected, {})) << "seed " << seed << ", step " << step << ", gap " << gap;
    }
    harness.push_all(records);
    harness.end();
    texts found = taken(harness);
    std::sort(found.begin(), found.end());
    ASSERT_EQ(found, model.advance(std::numeric_limits<std::int64_t>::max())) << "seed " << seed << ", at the end";
  }
}

/// Two splits that are fed by hand, each in a subtask of its own.
class two_feeds {
  using one = detail::hand_fed_source<reading, true>;

 public:
  using value_type = reading;
  static constexpr bool in_memory = true;
  using feed = std::shared_ptr<detail::hand_feed<reading>>;

  two_feeds(feed first, feed second) : feeds_{std::move(first), std::move(second)} {}
  std::string describe() const { return "two fed by hand"; }
  std::vector<source_split> splits(source_context&) const {
    return {{.path = "0", .end = detail::unlimited_split}, {.path = "1", .end = detail::unlimited_split}};
  }
  one::reader open(const source_split& split, source_context&) const {
    return one::reader(feeds_[split.path == "0" ? 0 : 1]);
  }

 private:
  feed feeds_[2];
};

// While it was idle the receivers' watermark went beyond its own: a record may be late although the next one is not.
TEST(session_writer, keeps_nothing_back_once_it_was_idle) {
  const auto idle = std::make_shared<detail::hand_feed<reading>>();
  const auto busy = std::make_shared<detail::hand_feed<reading>>();
  texts found;
  auto begun = detail::begin_pipeline<event_clock>(
      two_feeds(idle, busy), detail::given_event_time{},
      {.kind = "from", .detail = "two fed by hand", .uid = "feeds", .in_memory_source = true});
  dataflow_driver driver(job("idle", std::move(begun) | key_by(&reading::sensor) | window(session(10ms)) |
                                         aggregate<"sums">(sum(&reading::value)) | map([&found](const auto& each) {
                                           found.push_back(std::to_string(epoch_ms(each.window_start)) + " to " +
                                                           std::to_string(epoch_ms(each.window_end)) + ": " +
                                                           std::to_string(each.value));
                                           return each.key;
                                         }) |
                                         to<"out">(discard())),
                         {.slots = 2});
  const auto mark = [&](const auto& of, detail::mark_kind kind, std::int64_t time) {
    of->items.push_back({std::nullopt, from_epoch_ms(time), kind});
    driver.run_until_idle();
  };
  mark(idle, detail::mark_kind::watermark, 50);
  mark(idle, detail::mark_kind::idle, 0);
  mark(busy, detail::mark_kind::watermark, 100);
  mark(idle, detail::mark_kind::active, 0);
  for (const std::int64_t at : {85, 93, 100}) idle->items.push_back({reading_at(at, at), from_epoch_ms(at), {}});
  driver.run_until_idle();
  EXPECT_EQ(driver.report().find("sums")->late_records, 1u);
  idle->ended = busy->ended = true;
  driver.run_until_idle();
  EXPECT_THAT(found, ElementsAre("93 to 110: 193"));
}

// ---- firing in steps --------------------------------------------------------------------------------------------------

/// The most results that one step has made of `keys` keys in `windows`, which fire at the end of the input.
template <class Windows>
std::size_t most_results_of_a_step(Windows windows, std::int32_t keys, std::size_t results) {
  std::vector<reading> input;
  for (std::int32_t key = 0; key < keys; ++key) input.push_back(reading_at(1, 1, key));
  std::size_t seen = 0;
  dataflow_driver driver(job("test", from(std::move(input), event_time(&reading::at, ascending())) |
                                         key_by(&reading::sensor) | window(windows) | aggregate<"sums">(count()) |
                                         map([&seen](const auto& each) {
                                           ++seen;
                                           return each.key;
                                         }) |
                                         to<"out">(discard())));
  std::size_t most = 0;
  while (!driver.done()) {
    const std::size_t before = seen;
    if (!driver.step()) driver.run_until_idle();
    most = std::max(most, seen - before);
  }
  EXPECT_EQ(seen, results);
  return most;
}

TEST(firing, yields_after_some_thousand_results) {
  constexpr std::int32_t keys = 20'000;
  EXPECT_EQ(most_results_of_a_step(tumbling(10ms), keys, keys), 8192u);
  EXPECT_EQ(most_results_of_a_step(sliding(10ms, 5ms), keys, 2 * keys), 8192u);
  EXPECT_EQ(most_results_of_a_step(session(10ms), keys, keys), 8192u);
}

TEST(firing, lets_the_watermark_pass_behind_the_last_result) {
  auto harness = sessions_of(10);
  std::vector<timed_record<reading>> records;
  for (std::int32_t key = 0; key < 20'000; ++key) records.push_back({reading_at(1, 1, key), from_epoch_ms(1)});
  harness.push_all(records);
  harness.watermark(10ms);
  const auto& output = harness.output();
  ASSERT_EQ(output.size(), 20'001u);
  EXPECT_TRUE(std::holds_alternative<watermark>(output.back()));
}

}  // namespace
}  // namespace weir::testing
