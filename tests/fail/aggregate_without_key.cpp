// EXPECT: weir: aggregate<"uid">(...) needs a key and a window; put key_by(...) | window(...) before it
#include "weir/weir.hpp"

using namespace weir;

int main() {
  auto numbers = from<"numbers">(generate([](std::uint64_t i) { return static_cast<int>(i); }));
  auto counts = std::move(numbers) | aggregate<"counts">(count()) | to<"out">(print());
}
