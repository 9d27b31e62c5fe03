// EXPECT: weir: .if_result(p): p must be callable as const with const Output& or const std::vector<Output>& and return a bool
#include <chrono>
#include <string>

#include "weir/weir.hpp"

using namespace weir;

int main() {
  auto doubled =
      from({1, 2, 3}) |
      async_map<"doubled">([](const int& number) -> async_task<int> { co_return 2 * number; },
                           ordered(10).retry(fixed_delay(3, std::chrono::milliseconds{10})
                                                 .if_result([](const std::string& text) { return text.empty(); })));
}
