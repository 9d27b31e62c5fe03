// EXPECT: weir: what follows | is no operator; lambdas need a name for what they do, such as map(f) or filter(f)
#include "weir/weir.hpp"

using namespace weir;

int main() {
  auto doubled = from({1, 2, 3}) | [](int x) { return 2 * x; } | to<"out">(print());
}
