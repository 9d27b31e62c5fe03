// EXPECT: weir: what follows | is no operator; lambdas need a name for what they do, such as map(f) or filter(f)
#include "weir/weir.hpp"

using namespace weir;

int main() {
  auto clean = filter([](int x) { return x > 0; }) | [](int x) { return 2 * x; };
}
