// EXPECT: weir: job(name): a job needs a pipeline; write job(name, from(...) | ... | to<"uid">(...))
#include "weir/weir.hpp"

using namespace weir;

int main() {
  auto numbers = job("numbers");
}
