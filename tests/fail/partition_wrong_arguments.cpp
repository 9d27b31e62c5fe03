// EXPECT: weir: partition(f): f must be callable as const with (const Element&, std::size_t subtasks) and return the number of a subtask; let it take both
#include "weir/weir.hpp"

using namespace weir;

int main() {
  auto parts = from({1, 2, 3}) | partition([](int x) { return x % 2; }) | to<"out">(print());
}
