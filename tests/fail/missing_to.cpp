// EXPECT: weir: job(name, pipeline...): the pipeline has no sink; end it with to<"uid">(...)
#include "weir/weir.hpp"

using namespace weir;

int main() {
  auto numbers = job("numbers", from({1, 2, 3}) | map([](int x) { return 2 * x; }));
}
