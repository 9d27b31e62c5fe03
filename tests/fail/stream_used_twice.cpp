// EXPECT: weir: an open stream can be used once; write std::move(stream) | ..., or stream | share() first to use it several times
#include "weir/weir.hpp"

using namespace weir;

int main() {
  auto numbers = from({1, 2, 3});
  auto doubled = numbers | map([](int x) { return 2 * x; }) | to<"out">(print());
}
