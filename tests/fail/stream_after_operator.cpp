// EXPECT: weir: a stream cannot follow an operator; write the source first: from(...) | filter(f) | ...
#include "weir/weir.hpp"

using namespace weir;

int main() {
  auto doubled = map([](int x) { return 2 * x; }) | from({1, 2, 3});
}
