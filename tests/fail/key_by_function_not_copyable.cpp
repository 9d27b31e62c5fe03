// EXPECT: weir: the function cannot be copied, and each subtask needs its own copy; capture a shared_ptr instead of a move-only value
#include <memory>

#include "weir/weir.hpp"

using namespace weir;

int main() {
  auto keyed = from({1, 2, 3}) | key_by([p = std::make_unique<int>(1)](int x) { return x + *p; });
}
