// The assigners of weir obey the laws, and assigners that do not are found out.
#include "weir/testkit/assigner_laws.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <string>

#include "weir/windows/global.hpp"
#include "weir/windows/session.hpp"
#include "weir/windows/sliding.hpp"
#include "weir/windows/tumbling.hpp"

namespace weir::testing {
namespace {

using namespace std::chrono_literals;

struct wait {
  std::chrono::milliseconds patience;
};

TEST(assigner_laws, hold_for_the_assigners_of_weir) {
  const wait element{40ms};
  for (std::uint64_t seed = 0; seed < 5; ++seed) {
    EXPECT_EQ(broken_assigner_law(tumbling(7ms), element, seed), "");
    EXPECT_EQ(broken_assigner_law(tumbling(24h, -8h), element, seed), "");
    EXPECT_EQ(broken_assigner_law(tumbling<processing_clock>(1s, 300ms), element, seed), "");
    EXPECT_EQ(broken_assigner_law(sliding(60ms, 7ms, 3ms), element, seed), "");
    EXPECT_EQ(broken_assigner_law(sliding(3ms, 10ms, -9ms), element, seed), "");
    EXPECT_EQ(broken_assigner_law(sliding<processing_clock>(10s, 1s), element, seed), "");
    EXPECT_EQ(broken_assigner_law(session(30s), element, seed), "");
    EXPECT_EQ(broken_assigner_law(session<processing_clock>(1ms), element, seed), "");
    EXPECT_EQ(broken_assigner_law(session(&wait::patience), element, seed), "");
    EXPECT_EQ(broken_assigner_law(global(), element, seed), "");
  }
}

/// Truncates where it should round down.
struct truncating {
  using clock = event_clock;
  time_window assign(timestamp time) const {
    const timestamp start = from_epoch_ms(epoch_ms(time) / 10 * 10);
    return {start, saturating_add(start, 10ms)};
  }
  bool fires() const { return true; }
  std::string describe() const { return "truncating"; }
};

/// Gives each record a window of its own, and does not say that windows merge.
struct unmerged {
  using clock = event_clock;
  time_window assign(timestamp time) const { return {time, saturating_add(time, 10ms)}; }
  bool fires() const { return true; }
  std::string describe() const { return "unmerged"; }
};

/// The latest window first.
struct descending {
  using clock = event_clock;
  template <class Visitor>
  void assign(timestamp time, Visitor&& visitor) const {
    const time_window late = window_around(time, 10ms);
    visitor(late);
    visitor(time_window{late.start, saturating_add(late.end, -1ms)}.contains(time)
                ? time_window{late.start, saturating_add(late.end, -1ms)}
                : late);
  }
  bool fires() const { return true; }
  std::string describe() const { return "descending"; }
};

/// Depends on how often it was asked.
struct forgetful {
  using clock = event_clock;
  mutable std::int64_t asked = 0;
  time_window assign(timestamp time) const { return window_around(time, std::chrono::milliseconds(10 + ++asked)); }
  bool fires() const { return true; }
  std::string describe() const { return "forgetful"; }
};

TEST(assigner_laws, are_broken_by_assigners_that_are_wrong) {
  EXPECT_EQ(broken_assigner_law(truncating(), 0).substr(0, 27), "a window contains its times");
  EXPECT_EQ(broken_assigner_law(unmerged(), 0).substr(0, 40), "all times of a window are assigned to it");
  EXPECT_EQ(broken_assigner_law(descending(), 0).substr(0, 35), "windows come once, by ascending end");
  EXPECT_EQ(broken_assigner_law(forgetful(), 0).substr(0, 18), "assignment is pure");
}

}  // namespace
}  // namespace weir::testing
