// EXPECT: weir: job(...): a job needs a name; write job("name", pipeline...)
#include "weir/weir.hpp"

using namespace weir;

int main() {
  auto numbers = job(from({1, 2, 3}) | to<"out">(print()));
}
