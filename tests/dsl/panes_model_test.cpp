// Windows in general against a model that is written as plainly as it can be: random windows, triggers, lateness,
// elements out of order, snapshots.
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <string>
#include <tuple>
#include <vector>

#include "tests/dsl/window_model.hpp"
#include "weir/dsl/aggregate.hpp"
#include "weir/dsl/key_by.hpp"
#include "weir/dsl/window.hpp"
#include "weir/testkit/random_numbers.hpp"
#include "weir/testkit/testkit.hpp"

namespace weir::testing {
namespace {

struct numbered {
  BOOST_HANA_DEFINE_STRUCT(numbered, (int, key), (std::int64_t, value));
};

std::chrono::milliseconds ms(std::int64_t count) { return std::chrono::milliseconds(count); }

model_setting draw_setting(random_numbers& draw) {
  model_setting is;
  is.windows = static_cast<model_setting::assigner>(draw.below(3));
  is.fires = static_cast<model_setting::trigger>(draw.below(3));
  is.purges = draw.one_in(3);
  is.size = 1 + static_cast<std::int64_t>(draw.below(20));
  is.slide = 1 + static_cast<std::int64_t>(draw.below(15));
  is.count = 1 + static_cast<std::int64_t>(draw.below(4));
  is.interval = 1 + static_cast<std::int64_t>(draw.below(10));
  is.lateness = draw.one_in(2) ? 0 : static_cast<std::int64_t>(draw.below(30));
  return is;
}

std::string text_of(const model_setting& is) {
  return "windows " + std::to_string(static_cast<int>(is.windows)) + ", trigger " +
         std::to_string(static_cast<int>(is.fires)) + (is.purges ? ", purging" : "") + ", size " +
         std::to_string(is.size) + ", slide " + std::to_string(is.slide) + ", count " + std::to_string(is.count) +
         ", interval " + std::to_string(is.interval) + ", lateness " + std::to_string(is.lateness);
}

/// What a harness has given since the last call, and late elements from the `seen`th on, as the model writes them.
template <class Harness>
std::vector<std::string> taken(Harness& harness, std::size_t& seen) {
  std::vector<std::string> found;
  for (const auto& item : harness.take_output()) {
    if (const auto* record = std::get_if<timed_record<typename Harness::output_type>>(&item)) {
      const auto& of = record->value;
      EXPECT_EQ(record->time, of.window_end - ms(1));
      found.push_back(std::to_string(of.key) + " [" + std::to_string(epoch_ms(of.window_start)) + "," +
                      std::to_string(epoch_ms(of.window_end)) + ") " + std::to_string(std::get<0>(of.value)) + "/" +
                      std::to_string(std::get<1>(of.value)));
    }
  }
  for (; seen < harness.late().size(); ++seen) found.push_back("!" + std::to_string(harness.late()[seen].value.value));
  std::sort(found.begin(), found.end());
  return found;
}

template <class Windows>
void compare(Windows windows, const model_setting& is, random_numbers& draw, const std::string& where) {
  auto harness = operator_harness<numbered>(
      key_by(&numbered::key) | windows | aggregate<"sums">(sum(&numbered::value), count()), {.snapshots = true});
  window_model model(is);
  std::int64_t now = 0;
  std::size_t late_seen = 0;
  for (int step = 0; step < 120; ++step) {
    std::vector<std::string> expected;
    const std::uint64_t what = draw.below(24);
    if (what == 0) {
      const std::size_t slots = 1 + draw.below(3);
      harness.snapshot_restore(slots);
      model.restore();
    } else if (what < 5) {
      now += 1 + static_cast<std::int64_t>(draw.below(12));
      harness.watermark(ms(now));
      expected = model.advance(now);
    } else {
      const int key = static_cast<int>(draw.below(3));
      const std::int64_t time = std::max<std::int64_t>(0, now + static_cast<std::int64_t>(draw.below(60)) - 30);
      harness.push({key, step}, ms(time));
      expected = model.element(key, step, time);
    }
    ASSERT_EQ(taken(harness, late_seen), expected) << where << ", step " << step;
  }
  harness.end();
  ASSERT_EQ(taken(harness, late_seen), model.advance(std::numeric_limits<std::int64_t>::max()))
      << where << ", at the end";
  EXPECT_EQ(harness.report().find("sums")->open_entries, model.open()) << where;
}

template <class Trigger>
void compare_with(Trigger trigger, const model_setting& is, random_numbers& draw, const std::string& where) {
  const auto of = [&](auto assigner) {
    compare(window(assigner).trigger(trigger).allowed_lateness(ms(is.lateness)), is, draw, where);
  };
  switch (is.windows) {
    case model_setting::assigner::tumbling:
      return of(tumbling(ms(is.size)));
    case model_setting::assigner::sliding:
      return of(sliding(ms(is.size), ms(is.slide)));
    case model_setting::assigner::session:
      return of(session(ms(is.size)));
  }
}

template <class Trigger>
void compare_purging(Trigger trigger, const model_setting& is, random_numbers& draw, const std::string& where) {
  is.purges ? compare_with(purging(trigger), is, draw, where) : compare_with(trigger, is, draw, where);
}

TEST(panes, are_those_of_the_model) {
  for (std::uint64_t seed = 0; seed < 400; ++seed) {
    random_numbers draw(seed);
    const model_setting is = draw_setting(draw);
    const std::string where = "seed " + std::to_string(seed) + ": " + text_of(is);
    switch (is.fires) {
      case model_setting::trigger::event_time:
        compare_purging(on_event_time(), is, draw, where);
        break;
      case model_setting::trigger::count:
        compare_purging(count_trigger(is.count), is, draw, where);
        break;
      case model_setting::trigger::continuous:
        compare_purging(continuous(ms(is.interval)), is, draw, where);
        break;
    }
    if (::testing::Test::HasFailure()) return;
  }
}

}  // namespace
}  // namespace weir::testing
