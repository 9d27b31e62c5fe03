#pragma once
// The steps of the first example, from any stream of integers to any sink; its test runs them on numbers of its own.
#include <cstdint>
#include <utility>

#include "weir/weir.hpp"

template <class Numbers, class Sink>
auto double_each(Numbers numbers, Sink sink) {
  return std::move(numbers) | weir::map([](std::int64_t number) { return 2 * number; }) |
         weir::to<"doubled">(std::move(sink));
}
