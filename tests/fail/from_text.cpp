// EXPECT: weir: from(x): x is no source; give a range, generate(f), or a connector such as json_lines<record>("in.jsonl")
#include <string>

#include "weir/weir.hpp"

using namespace weir;

int main() {
  auto orders = from<"orders">("orders.csv") | to<"out">(print());
}
