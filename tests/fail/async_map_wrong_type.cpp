// EXPECT: weir: async_map<"uid">(f): f must take const Element& and return an async_task<Output> or a std::future<Output>, or take const Element& and async_result<Output>
#include <string>

#include "weir/weir.hpp"

using namespace weir;

int main() {
  auto sizes = from({1, 2, 3}) |
               async_map<"sizes">([](const std::string& text) -> async_task<std::size_t> { co_return text.size(); });
}
