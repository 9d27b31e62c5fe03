#include "weir/state/aggregating_state.hpp"

#include <gtest/gtest.h>

#include <string>

#include "tests/state/attached_states.hpp"
#include "weir/core/error.hpp"

namespace {

using namespace weir;
using weir::testing::attached_states;
using weir::testing::expiring_states;

struct mean_accumulator {
  BOOST_HANA_DEFINE_STRUCT(mean_accumulator, (std::int64_t, sum), (std::int64_t, count));
};
struct mean {
  using accumulator_type = mean_accumulator;
  using result_type = double;
  accumulator_type create() const { return {0, 0}; }
  void add(accumulator_type& held, std::int64_t value) const {
    held.sum += value;
    ++held.count;
  }
  result_type result(const accumulator_type& held) const {
    return static_cast<double>(held.sum) / static_cast<double>(held.count);
  }
};
/// Is bound to what it aggregates, as sum(...) and others are; counts in steps of its own.
struct unbound_count {
  std::int64_t step;
  template <class Element>
  struct bound {
    using accumulator_type = std::int64_t;
    using result_type = std::int64_t;
    std::int64_t step;
    accumulator_type create() const { return 0; }
    void add(accumulator_type& held, const Element&) const { held += step; }
    result_type result(const accumulator_type& held) const { return held; }
  };
  template <class Element>
  bound<Element> bind() const {
    return {step};
  }
};

struct holder {
  BOOST_HANA_DEFINE_STRUCT(holder, (aggregating_state<mean, std::int64_t>, average),
                           (aggregating_state<unbound_count, std::string>, words));
  explicit holder(std::int64_t step = 1) : words(unbound_count{step}) {}
};

TEST(aggregating_state, gives_the_result_of_what_was_added) {
  attached_states<holder> states;
  EXPECT_FALSE(states->average.has_value());
  EXPECT_THROW(states->average.value(), error);
  EXPECT_EQ(states->average.value_or(-1), -1);
  for (const int value : {1, 2, 6}) states->average.add(value);
  EXPECT_EQ(states->average.value(), 3.0);
  EXPECT_EQ(*states->average, 3.0);
  states->average.clear();
  EXPECT_FALSE(states->average.has_value());
  EXPECT_TRUE(states.row().empty());
}

TEST(aggregating_state, takes_a_configured_aggregate_that_is_bound_to_its_input) {
  attached_states<holder> states(holder(10));
  states->words.add("a");
  states->words.add("b");
  EXPECT_EQ(states->words.value(), 20);
}

TEST(aggregating_state, expires_as_a_whole) {
  expiring_states<holder> states;
  states->average.add(1);
  states.at(60);
  states->average.add(3);
  states.at(159);
  EXPECT_EQ(states->average.value(), 2.0);
  states.at(160);
  EXPECT_FALSE(states->average.has_value());
  states->average.add(7);
  EXPECT_EQ(states->average.value(), 7.0);
}

}  // namespace
