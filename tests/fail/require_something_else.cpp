// EXPECT: weir: require<guarantee>(pipeline): exactly_once is the guarantee that can be required
#include <vector>

#include "weir/weir.hpp"

using namespace weir;

int main() {
  auto pipeline = require<int>(from<"n">(std::vector<int>{1, 2}) | to<"out">(discard()));
}
