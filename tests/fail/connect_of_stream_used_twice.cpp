// EXPECT: weir: an open stream can be used once; write std::move(stream) | ...
#include "weir/weir.hpp"

using namespace weir;

int main() {
  auto numbers = from({1});
  auto both = connect(numbers, from({2})) | to<"out">(discard());
}
