// EXPECT: weir: distinct() has state, which needs a name; write distinct<"uid">()
#include "weir/weir.hpp"

using namespace weir;

int main() {
  auto once = from({3, 1, 3}) | distinct() | to<"out">(discard());
}
