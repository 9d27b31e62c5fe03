// EXPECT: weir: connect(left, right) takes two streams, which begin with from(...); pipe the operators behind them
#include "weir/weir.hpp"

using namespace weir;

int main() {
  auto both = connect(from({1}), map([](int x) { return x; })) | to<"out">(discard());
}
