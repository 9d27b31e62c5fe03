// EXPECT: weir: require<exactly_once>(x): x is no pipeline; give from(...) | ... | to<"uid">(sink)
#include <vector>

#include "weir/weir.hpp"

using namespace weir;

int main() {
  auto stream = require<exactly_once>(from<"n">(std::vector<int>{1, 2}));
}
