// EXPECT: weir: branch(...): each branch must be operators that end in to<"uid">(sink)
#include "weir/weir.hpp"

using namespace weir;

int main() {
  auto out = from({1, 2, 3}) |
             branch(filter([](int x) { return x > 1; }) |
                        branch(to<"a">(print()), to<"b">(print())), to<"all">(print()));
}
