// EXPECT: weir: filter(f): f must answer true or false for the stream's element type; let f take it by value or const& and return bool
#include "weir/weir.hpp"

using namespace weir;

int main() {
  auto some = from({1, 2, 3}) | filter([](int x) { static_cast<void>(x > 1); });
}
