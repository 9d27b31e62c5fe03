// EXPECT: weir: job(name, pipeline...): the pipeline has no source; begin it with from(...)
#include "weir/weir.hpp"

using namespace weir;

int main() {
  auto numbers = job("numbers", to<"out">(print()));
}
