// EXPECT: weir: from(...): a source that is not an in-memory range needs a name for its state; write from<"uid">(...)
#include "weir/weir.hpp"

using namespace weir;

int main() {
  auto numbers = from(generate([](std::uint64_t i) { return i; }, bounded(10))) | to<"out">(print());
}
