#pragma once
// The steps of the job between its source and its sink; the test runs the same ones on data of its own.
#include "weir/weir.hpp"

/// Keeps the even numbers and doubles them.
inline auto steps() {
  using namespace weir;
  return filter([](int number) { return number % 2 == 0; }) | map([](int number) { return 2 * number; });
}
