#include "weir/state/reducing_state.hpp"

#include <gtest/gtest.h>

#include <functional>
#include <string>

#include "tests/state/attached_states.hpp"
#include "weir/core/error.hpp"

namespace {

using namespace weir;
using weir::testing::attached_states;
using weir::testing::expiring_states;

/// Tells whether it is called.
struct join_with {
  char separator = '+';
  std::string operator()(const std::string& so_far, const std::string& next) const { return so_far + separator + next; }
};

struct holder {
  BOOST_HANA_DEFINE_STRUCT(holder, (reducing_state<std::int64_t, std::plus<>>, sum),
                           (reducing_state<std::string, join_with>, text));
};

TEST(reducing_state, takes_the_first_value_without_a_call) {
  attached_states<holder> states;
  EXPECT_FALSE(states->text.has_value());
  EXPECT_THROW(states->text.value(), error);
  EXPECT_EQ(states->sum.value_or(-1), -1);
  states->text.add("a");
  EXPECT_EQ(*states->text, "a");
  states->text.add("b");
  states->text.add("c");
  EXPECT_EQ(*states->text, "a+b+c");
  EXPECT_EQ(states->text->size(), 5u);
  for (const int value : {1, 2, 3}) states->sum.add(value);
  EXPECT_EQ(states->sum.value(), 6);
  states->text.clear();
  states->sum.clear();
  EXPECT_TRUE(states.row().empty());
}

TEST(reducing_state, takes_a_configured_function) {
  attached_states<holder> states(holder{{}, reducing_state<std::string, join_with>(join_with{'-'})});
  states->text.add("a");
  states->text.add("b");
  EXPECT_EQ(*states->text, "a-b");
}

TEST(reducing_state, begins_anew_when_it_has_expired) {
  expiring_states<holder> states;
  states->sum.add(1);
  states.at(60);
  states->sum.add(2);
  states.at(159);
  EXPECT_EQ(*states->sum, 3) << "adding touches";
  states.at(160);
  states->sum.add(5);
  EXPECT_EQ(*states->sum, 5);
}

}  // namespace
