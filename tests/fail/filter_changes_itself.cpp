// EXPECT: weir: filter(f): f changes itself, and what it keeps would be lost in a restart; make f const, or keep the value in state with process(...)
#include "weir/weir.hpp"

using namespace weir;

int main() {
  auto some = from({1, 2, 3}) | filter([n = 0](int) mutable { return ++n % 2 == 0; });
}
