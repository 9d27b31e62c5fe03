// EXPECT: weir: async_map<"uid">(f): f returns its result at once, or none; use map(f), or return an async_task<Output> or a std::future<Output>
#include "weir/weir.hpp"

using namespace weir;

int main() {
  auto doubled = from({1, 2, 3}) | async_map<"doubled">([](const int& number) { return 2 * number; });
}
