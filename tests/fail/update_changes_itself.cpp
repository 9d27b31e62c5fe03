// EXPECT: weir: update(f): f changes itself, and what it keeps would be lost in a restart; make f const, or keep the value in state with process(...)
#include "weir/weir.hpp"

using namespace weir;

int main() {
  auto numbered = from({1, 2, 3}) | update([n = 0](int& x) mutable { x = ++n; });
}
