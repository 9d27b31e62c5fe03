// EXPECT: weir: from(x): x is no source; give a range, generate(f), or a connector
#include "weir/weir.hpp"

using namespace weir;

int main() {
  auto numbers = from<"numbers">(42) | to<"out">(print());
}
