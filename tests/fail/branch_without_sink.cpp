// EXPECT: weir: branch(...): each branch must be operators that end in to<"uid">(sink); to use key_by or another exchange in a branch, or to go on with the stream, share() it instead
#include "weir/weir.hpp"

using namespace weir;

int main() {
  auto out = from({1, 2, 3}) | branch(filter([](int x) { return x > 1; }), to<"all">(print()));
}
