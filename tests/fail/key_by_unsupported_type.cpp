// EXPECT: weir: key_by(f): f's result cannot be a key; use an integer, enum, bool, string, timestamp
#include <vector>

#include "weir/weir.hpp"

using namespace weir;

int main() {
  auto keyed = from({1, 2, 3}) | key_by([](int x) { return std::vector<int>{x}; });
}
