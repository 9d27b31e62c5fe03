// EXPECT: weir: a sink needs a name; write | to<"uid">(sink)
#include <vector>

#include "weir/weir.hpp"

using namespace weir;

int main() {
  std::vector<int> out;
  auto result = job("numbers", from({1, 2, 3}) | into(out));
}
