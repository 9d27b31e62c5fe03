// EXPECT: weir: an open stream can be used once; write std::move(stream) | ...
#include "weir/weir.hpp"

using namespace weir;

int main() {
  auto more = from({4, 5, 6});
  auto all = from({1, 2, 3}) | union_(more) | to<"out">(print());
}
