// EXPECT: weir: job(name, pipeline...): this is no pipeline; give from(...) | ... | to<"uid">(...)
#include "weir/weir.hpp"

using namespace weir;

int main() {
  auto numbers = job("numbers", 42);
}
