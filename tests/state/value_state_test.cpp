#include "weir/state/value_state.hpp"

#include <gtest/gtest.h>

#include <limits>
#include <string>

#include "tests/state/attached_states.hpp"
#include "weir/core/error.hpp"

namespace {

using namespace weir;
using namespace std::chrono_literals;
using weir::testing::attached_states;
using weir::testing::expiring_states;

struct point {
  BOOST_HANA_DEFINE_STRUCT(point, (std::int32_t, x), (std::int32_t, y));
};
struct holder {
  BOOST_HANA_DEFINE_STRUCT(holder, (value_state<std::string>, name), (value_state<bool>, seen),
                           (value_state<point>, at));
};

TEST(value_state, has_no_value_at_first) {
  attached_states<holder> states;
  EXPECT_FALSE(states->name.has_value());
  EXPECT_EQ(states->name.value_or("none"), "none");
  EXPECT_TRUE(states.row().empty());
}

TEST(value_state, without_a_value_names_itself_when_it_is_read) {
  attached_states<holder> states;
  states->name = "a";
  try {
    static_cast<void>(*states->seen);
    FAIL() << "reading a missing value should throw";
  } catch (const error& failure) {
    EXPECT_STREQ(failure.what(),
                 "weir: state 'seen' has no value for this key; ask has_value() first, or use value_or(...)");
  }
  EXPECT_THROW(states->seen.value(), error);
  EXPECT_THROW(static_cast<void>(states->at->x), error);
  EXPECT_THROW(states->at.edit(), error);
}

TEST(value_state, gives_what_was_written_last) {
  attached_states<holder> states;
  states->name.update("a");
  EXPECT_EQ(*states->name, "a");
  states->name = std::string("b");
  EXPECT_EQ(states->name.value(), "b");
  EXPECT_EQ(states->name->size(), 1u);
  states->seen = false;
  EXPECT_TRUE(states->seen.has_value());
  EXPECT_FALSE(*states->seen);
  EXPECT_FALSE(states->at.has_value());
}

TEST(value_state, may_be_changed_in_place) {
  attached_states<holder> states;
  states->at = point{1, 2};
  states->at.edit().y = 5;
  EXPECT_EQ(states->at->x, 1);
  EXPECT_EQ(states->at->y, 5);
}

TEST(value_state, that_is_cleared_leaves_an_empty_row) {
  attached_states<holder> states;
  states->name = "a text that is too long to lie in place";
  states->seen = true;
  states->name.clear();
  EXPECT_FALSE(states->name.has_value());
  EXPECT_TRUE(states->seen.has_value());
  EXPECT_FALSE(states.row().empty());
  states->seen.clear();
  states->seen.clear();
  EXPECT_TRUE(states.row().empty());
}

TEST(value_state, expires_exactly_its_time_to_live_after_it_was_written) {
  expiring_states<holder> states;
  states->name = "a";
  states.at(90);
  states->name = "b";
  states.at(189);
  EXPECT_EQ(*states->name, "b");
  states.at(190);
  EXPECT_FALSE(states->name.has_value());
  EXPECT_EQ(states->name.value_or("none"), "none");
  EXPECT_THROW(states->name.value(), error);
  EXPECT_TRUE(states.row().empty()) << "reading an expired value deletes it";
}

TEST(value_state, is_not_touched_by_reading_unless_told) {
  expiring_states<holder> plain;
  expiring_states<holder> refreshed(ttl(100ms).refresh_on_read());
  for (auto* each : {&plain, &refreshed}) {
    (*each)->seen = true;
    each->at(60);
    EXPECT_TRUE(*(*each)->seen);
    each->at(110);
  }
  EXPECT_FALSE(plain->seen.has_value());
  EXPECT_TRUE(refreshed->seen.has_value());
  refreshed.at(209);
  EXPECT_TRUE(refreshed->seen.has_value());
  refreshed.at(309);
  EXPECT_FALSE(refreshed->seen.has_value());
}

TEST(value_state, may_be_read_once_more_after_it_has_expired) {
  expiring_states<holder> states(ttl(100ms).return_expired());
  states->name = "a";
  states.at(100);
  EXPECT_TRUE(states->name.has_value()) << "asking does not use it up";
  EXPECT_EQ(*states->name, "a");
  EXPECT_FALSE(states->name.has_value());
  EXPECT_TRUE(states.row().empty());
}

TEST(value_state, is_touched_by_editing) {
  expiring_states<holder> states;
  states->at = point{1, 2};
  states.at(99);
  states->at.edit().x = 3;
  states.at(198);
  EXPECT_EQ(states->at->x, 3);
}

TEST(value_state, with_the_longest_time_to_live_never_expires) {
  expiring_states<holder> states{ttl(std::chrono::milliseconds::max())};
  states->seen = true;
  states.at(std::numeric_limits<std::int64_t>::max() - 1);
  EXPECT_TRUE(states->seen.has_value());
}

TEST(ttl, must_be_positive) {
  EXPECT_THROW(ttl(0ms), error);
  EXPECT_THROW(ttl(-1h), error);
}

}  // namespace
