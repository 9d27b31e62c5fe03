// EXPECT: weir: flat_map(f): f changes itself, and what it keeps would be lost in a restart; make f const, or keep the value in state with process(...)
#include <vector>

#include "weir/weir.hpp"

using namespace weir;

int main() {
  auto copies = from({1, 2, 3}) | flat_map([n = 0](int x) mutable { return std::vector<int>(++n, x); });
}
