// EXPECT: weir: parallelism(n) sets the stage that from(...) or an exchange opens; put rebalance() before it
#include "weir/weir.hpp"

using namespace weir;

int main() {
  auto doubled = from({1, 2, 3}) | map([](int x) { return 2 * x; }) | parallelism(2) | to<"out">(print());
}
