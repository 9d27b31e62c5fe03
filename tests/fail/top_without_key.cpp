// EXPECT: weir: top<"uid">(n, by) ranks the records of each key; put key_by(f) before it
#include "weir/weir.hpp"

using namespace weir;

int main() {
  auto best = from({1}) | top<"best">(3, [](int x) { return x; }) | to<"out">(discard());
}
