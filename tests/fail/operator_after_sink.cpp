// EXPECT: weir: nothing can follow a sink; end the pipeline at to<"uid">(...), or use branch(...) to write and go on
#include "weir/weir.hpp"

using namespace weir;

int main() {
  auto doubled = from({1, 2, 3}) | to<"out">(print()) | map([](int x) { return 2 * x; });
}
