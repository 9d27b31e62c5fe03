// EXPECT: weir: to<"uid">(x): x is no sink; give into(container), print(), for_each(f), or a connector such as csv("out.csv")
#include <vector>

#include "weir/weir.hpp"

using namespace weir;

int main() {
  std::vector<int> numbers;
  auto out = from({1, 2, 3}) | to<"out">(numbers);
}
