// EXPECT: weir: require<exactly_once>(pipeline): the sink that this error names in at_least_once<"uid", sink> cannot take results back after a failure; write to one that commits with checkpoints, such as csv("out.csv")
#include <vector>

#include "weir/weir.hpp"

using namespace weir;

int main() {
  const job shown("shown", require<exactly_once>(from<"n">(std::vector<int>{1, 2}) | to<"out">(print())));
}
