// EXPECT: weir: the function cannot be copied, and each subtask needs its own copy; capture a shared_ptr instead of a move-only value
#include <memory>

#include "weir/weir.hpp"

using namespace weir;

int main() {
  auto some = from({1, 2, 3}) | filter([p = std::make_unique<int>(1)](int x) { return x > *p; });
}
