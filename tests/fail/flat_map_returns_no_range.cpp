// EXPECT: weir: flat_map(f): f must return a range; use map(f) for one record per record, or flat_map<Output>(f) for an f(element, emit)
#include "weir/weir.hpp"

using namespace weir;

int main() {
  auto doubled = from({1, 2, 3}) | flat_map([](int x) { return 2 * x; });
}
