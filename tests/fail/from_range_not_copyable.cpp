// EXPECT: weir: from(range): the range cannot be copied; write from(std::move(range))
#include <ranges>
#include <vector>

#include "weir/weir.hpp"

using namespace weir;

int main() {
  std::vector<int> numbers{1, 2, 3};
  auto doubled = std::move(numbers) | std::views::transform([](int x) { return 2 * x; });
  auto out = from(doubled) | to<"out">(print());
}
