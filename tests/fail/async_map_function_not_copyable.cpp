// EXPECT: weir: the function cannot be copied, and each subtask needs its own copy; capture a shared_ptr instead of a move-only value
#include <memory>

#include "weir/weir.hpp"

using namespace weir;

int main() {
  auto doubled = from({1, 2, 3}) |
                 async_map<"doubled">([owned = std::make_unique<int>(2)](const int& number) -> async_task<int> {
                   co_return *owned * number;
                 });
}
