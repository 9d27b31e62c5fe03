// EXPECT: weir: async_map<"uid">(f, options): the options must be ordered(capacity) or unordered(capacity), with .timeout(...) and .retry(...) where you like
#include "weir/weir.hpp"

using namespace weir;

int main() {
  auto doubled = from({1, 2, 3}) |
                 async_map<"doubled">([](const int& number) -> async_task<int> { co_return 2 * number; }, 100);
}
