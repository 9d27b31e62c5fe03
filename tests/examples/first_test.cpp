#include "examples/first/first.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>
#include <vector>

using namespace weir;
using ::testing::ElementsAre;

TEST(first, doubles_the_numbers_in_their_order) {
  for (const std::size_t slots : {1, 2, 8}) {
    std::vector<std::int64_t> results;
    job("first", double_each(from({1, 2, 3, 4, 5}), into(results))).run({.slots = slots});
    EXPECT_THAT(results, ElementsAre(2, 4, 6, 8, 10)) << slots << " slots";
  }
}

TEST(first, doubles_numbers_of_which_every_subtask_has_some) {
  std::vector<std::int64_t> numbers(300'000);
  std::iota(numbers.begin(), numbers.end(), -1000);
  std::vector<std::int64_t> expected;
  for (const std::int64_t number : numbers) expected.push_back(number + number);
  for (const std::size_t slots : {1, 2, 8}) {
    std::vector<std::int64_t> results;
    job("first", double_each(from(numbers), into(results))).run({.slots = slots});
    std::sort(results.begin(), results.end());
    EXPECT_EQ(results, expected) << slots << " slots";
  }
}
