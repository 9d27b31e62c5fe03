// EXPECT: weir: union_(...) takes streams, which begin with from(...); pipe the operators behind it
#include "weir/weir.hpp"

using namespace weir;

int main() {
  auto all = from({1, 2, 3}) | union_(map([](int x) { return x; })) | to<"out">(print());
}
