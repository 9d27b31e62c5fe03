#include "@NAME@.hpp"

#include <gtest/gtest.h>

#include <vector>

#include "weir/testkit/testkit.hpp"

TEST(steps, keeps_even_numbers_and_doubles_them) {
  std::vector<int> results;
  auto under_test = weir::job("test", weir::from({1, 2, 3, 4}) | steps() | weir::to<"out">(weir::into(results)));
  under_test.run();
  EXPECT_EQ(results, (std::vector{4, 8}));
}
