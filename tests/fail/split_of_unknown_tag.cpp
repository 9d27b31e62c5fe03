// EXPECT: weir: split<"tag">(): no operator of this stage has a side output of that name
#include "weir/weir.hpp"

using namespace weir;

int main() {
  auto [even, odd] = from({1, 2, 3}) | filter([](int x) { return x % 2 == 0; }) | split<"odd">();
  auto out = std::move(even) | to<"out">(print());
}
