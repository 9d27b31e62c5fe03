// EXPECT: weir: job(name, pipeline...): the pipeline has no source; begin it with from(...)
#include "weir/weir.hpp"

using namespace weir;

int main() {
  auto numbers = job("numbers", filter([](int x) { return x > 1; }) | to<"out">(print()));
}
