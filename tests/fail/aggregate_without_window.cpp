// EXPECT: weir: aggregate<"uid">(...) needs a window; put window(...) before it, or use rolling<"uid">(...) for a result per record
#include "weir/weir.hpp"

using namespace weir;

int main() {
  auto counts = from({1, 2, 3}) | key_by([](int x) { return x; }) | aggregate<"counts">(count()) | to<"out">(print());
}
