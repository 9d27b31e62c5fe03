// EXPECT: weir: connect(stream, other | broadcast()) must be followed by broadcast_process<"uid">(f)
#include "weir/weir.hpp"

using namespace weir;

int main() {
  auto both = connect(from({1}), from({2}) | broadcast()) | to<"out">(discard());
}
