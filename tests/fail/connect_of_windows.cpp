// EXPECT: weir: connect(left, right): a stream has a window already; write connect(left, right) | window(...)
#include "weir/weir.hpp"

using namespace weir;

int main() {
  const auto key = [](int x) { return x; };
  auto windows = from({1}) | key_by(key) | window(global(at_end_of_input));
  auto both = connect(std::move(windows), from({2}) | key_by(key)) | to<"out">(discard());
}
