// EXPECT: weir: async_map(f) keeps in snapshots what has no result yet, which needs a name; write async_map<"uid">(f)
#include "weir/weir.hpp"

using namespace weir;

int main() {
  auto doubled = from({1, 2, 3}) | async_map([](const int& number) -> async_task<int> { co_return 2 * number; });
}
