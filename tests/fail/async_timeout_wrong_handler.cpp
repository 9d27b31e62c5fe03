// EXPECT: weir: .timeout(d, handler): the handler must take const Element& and return an Output, or take const Element& and async_result<Output>
#include <chrono>

#include "weir/weir.hpp"

using namespace weir;

int main() {
  auto doubled = from({1, 2, 3}) |
                 async_map<"doubled">([](const int& number) -> async_task<int> { co_return 2 * number; },
                                      ordered(10).timeout(std::chrono::seconds{1}, [] { return 0; }));
}
