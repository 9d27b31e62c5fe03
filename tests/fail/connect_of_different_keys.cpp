// EXPECT: weir: connect(left, right): the streams have keys of different types, so equal keys would not meet; let both
#include "weir/weir.hpp"

using namespace weir;

int main() {
  const auto number = [](int x) { return x; };
  const auto text = [](int x) { return std::to_string(x); };
  auto both = connect(from({1}) | key_by(number), from({2}) | key_by(text)) | to<"out">(discard());
}
