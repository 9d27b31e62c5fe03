// EXPECT: weir: branch(...): each branch must be operators that end in to<"uid">(sink); to use key_by or another exchange in a branch, or to go on with the stream, share() it instead
#include "weir/weir.hpp"

using namespace weir;

int main() {
  auto out = from({1, 2, 3}) |
             branch(key_by([](int x) { return x; }) | rolling<"sums">(reduce([](int a, int b) { return a + b; })) |
                        to<"sums">(print()),
                    to<"all">(print()));
}
