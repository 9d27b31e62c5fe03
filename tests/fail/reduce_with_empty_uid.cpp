// EXPECT: weir: reduce<"">(...) has state, which needs a name; write reduce<"uid">
#include "weir/weir.hpp"

using namespace weir;

int main() {
  auto sums = from({1, 2, 3}) | key_by([](int x) { return x % 2; }) | reduce<"">([](int a, int b) { return a + b; }) |
              to<"out">(print());
}
