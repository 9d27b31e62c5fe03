// EXPECT: weir: parallelism(n) sets the stage that from(...) or an exchange opens; put rebalance() before it
#include "weir/weir.hpp"

using namespace weir;

int main() {
  auto doubled = from({1, 2, 3}) |
                 async_map<"doubled">([](const int& number) -> async_task<int> { co_return 2 * number; }) | parallelism(8);
}
