// EXPECT: weir: aggregate<"uid">(...) needs a window; put window(...) before it, or use rolling<"uid">(...) for a result per record
#include "weir/weir.hpp"

using namespace weir;

int main() {
  auto numbers = from<"numbers">(generate([](std::uint64_t i) { return static_cast<int>(i); }));
  auto counts = std::move(numbers) | key_by([](int x) { return x; }) | aggregate<"counts">(count()) | to<"out">(print());
}
