// EXPECT: weir: top<"uid">(n, by): by must be a member such as &bid::price, or a function of const Element&, callable as const
#include "weir/weir.hpp"

using namespace weir;

int main() {
  auto best = from({1}) | key_by([](int x) { return x; }) | top<"best">(3, [](const std::string& x) { return x; }) |
              to<"out">(discard());
}
