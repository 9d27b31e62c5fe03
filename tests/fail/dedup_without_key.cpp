// EXPECT: weir: dedup<"uid">(...) keeps the first record of each key; put key_by(f) before it, with what makes
#include "weir/weir.hpp"

using namespace weir;

int main() {
  auto once = from({1}) | dedup<"once">() | to<"out">(discard());
}
