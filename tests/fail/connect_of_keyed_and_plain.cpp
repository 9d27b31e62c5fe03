// EXPECT: weir: connect(left, right): one stream has a key and the other has none; put key_by(f) behind both
#include "weir/weir.hpp"

using namespace weir;

int main() {
  auto both = connect(from({1}) | key_by([](int x) { return x; }), from({2})) | to<"out">(discard());
}
