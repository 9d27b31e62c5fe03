// EXPECT: weir: to<"">(sink): a sink needs a name; write to<"uid">(sink)
#include "weir/weir.hpp"

using namespace weir;

int main() {
  auto out = from({1, 2, 3}) | to<"">(print());
}
