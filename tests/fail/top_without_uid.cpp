// EXPECT: weir: top(n, by) has state, which needs a name; write top<"uid">(n, by)
#include "weir/weir.hpp"

using namespace weir;

int main() {
  const auto same = [](int x) { return x; };
  auto best = from({1}) | key_by(same) | top(3, same) | to<"out">(discard());
}
