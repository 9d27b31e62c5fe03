#include "@NAME@.hpp"

#include <gtest/gtest.h>

#include <vector>

#include "weir/testkit/dataflow_driver.hpp"

using namespace weir;

TEST(steps, keeps_even_numbers_and_doubles_them) {
  std::vector<int> results;
  const job under_test("test", from({1, 2, 3, 4}) | steps() | to<"out">(into(results)));

  weir::testing::dataflow_driver(under_test).run();

  EXPECT_EQ(results, (std::vector{4, 8}));
}
