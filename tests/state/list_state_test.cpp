#include "weir/state/list_state.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "tests/state/attached_states.hpp"

namespace {

using namespace weir;
using namespace std::chrono_literals;
using weir::testing::attached_states;
using weir::testing::expiring_states;

struct holder {
  BOOST_HANA_DEFINE_STRUCT(holder, (list_state<std::string>, names), (list_state<std::int32_t>, numbers));
};

using numbers = std::vector<std::int32_t>;
numbers seen_in(const list_state<std::int32_t>& state) {
  const auto found = state.get();
  return numbers(found.begin(), found.end());
}

TEST(list_state, keeps_elements_in_the_order_in_which_they_were_added) {
  attached_states<holder> states;
  EXPECT_TRUE(states->names.empty());
  std::vector<std::string> expected;
  for (int i = 0; i < 100; ++i) {
    expected.push_back("a text that is too long to lie in place " + std::to_string(i));
    states->names.add(expected.back());
  }
  EXPECT_TRUE(std::ranges::equal(states->names.get(), expected));
  EXPECT_TRUE(states->numbers.empty());
}

TEST(list_state, may_add_one_of_its_own_elements) {
  attached_states<holder> states;
  states->names.add("a text that is too long to lie in place");
  for (int i = 0; i < 20; ++i) states->names.add(states->names.get().front());
  EXPECT_EQ(states->names.get().size(), 21u);
  for (const std::string& each : states->names.get()) EXPECT_EQ(each, "a text that is too long to lie in place");
}

TEST(list_state, is_replaced_by_update) {
  attached_states<holder> states;
  states->numbers.add(1);
  states->numbers.update(numbers{4, 5, 6});
  EXPECT_EQ(seen_in(states->numbers), (numbers{4, 5, 6}));
  states->numbers.update(numbers{});
  EXPECT_TRUE(states->numbers.empty());
  EXPECT_TRUE(states.row().empty());
}

TEST(list_state, costs_a_pointer_while_it_is_empty) {
  static_assert(sizeof(state_row<holder, false, false>) == 2 * sizeof(void*));
  attached_states<holder> states;
  states->numbers.add(1);
  EXPECT_FALSE(states.row().empty());
  states->numbers.clear();
  EXPECT_TRUE(states.row().empty());
}

TEST(list_state, expires_element_by_element) {
  expiring_states<holder> states;
  states->numbers.add(1);
  states.at(50);
  states->numbers.add(2);
  states.at(99);
  EXPECT_EQ(seen_in(states->numbers), (numbers{1, 2}));
  states.at(100);
  EXPECT_EQ(seen_in(states->numbers), (numbers{2}));
  states.at(149);
  EXPECT_EQ(seen_in(states->numbers), (numbers{2}));
  states.at(150);
  EXPECT_TRUE(states->numbers.empty());
  EXPECT_TRUE(states.row().empty());
}

TEST(list_state, is_touched_as_a_whole_by_update) {
  expiring_states<holder> states;
  states->numbers.add(1);
  states.at(99);
  states->numbers.update(numbers{1, 2});
  states.at(198);
  EXPECT_EQ(seen_in(states->numbers), (numbers{1, 2}));
}

TEST(list_state, returns_what_has_expired_again_and_again_where_that_is_wanted) {
  expiring_states<holder> states(ttl(100ms).return_expired());
  states->numbers.add(1);
  states.at(50);
  states->numbers.add(2);
  states.at(120);
  EXPECT_EQ(seen_in(states->numbers), (numbers{1, 2}));
  EXPECT_EQ(seen_in(states->numbers), (numbers{1, 2}));
}

TEST(list_state, is_touched_by_reading_where_that_is_wanted) {
  expiring_states<holder> states(ttl(100ms).refresh_on_read());
  states->numbers.add(1);
  states.at(50);
  states->numbers.add(2);
  states.at(120);
  EXPECT_EQ(seen_in(states->numbers), (numbers{2}));
  states.at(219);
  EXPECT_EQ(seen_in(states->numbers), (numbers{2}));
}

TEST(list_state, that_reading_touches_returns_an_expired_element_once) {
  expiring_states<holder> states(ttl(100ms).refresh_on_read().return_expired());
  states->numbers.add(1);
  states.at(50);
  states->numbers.add(2);
  states.at(120);
  EXPECT_EQ(seen_in(states->numbers), (numbers{1, 2}));
  EXPECT_EQ(seen_in(states->numbers), (numbers{2}));
  states.at(400);
  EXPECT_EQ(seen_in(states->numbers), (numbers{2})) << "nothing is touched where all has expired";
  EXPECT_EQ(seen_in(states->numbers), (numbers{2}));
}

}  // namespace
