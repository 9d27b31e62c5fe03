// EXPECT: weir: aggregate<"uid">(...) needs a key and a window; put key_by(...) | window(...) before it
#include "weir/weir.hpp"

using namespace weir;

int main() {
  auto counts = from({1, 2, 3}) | aggregate<"counts">(count()) | to<"out">(print());
}
