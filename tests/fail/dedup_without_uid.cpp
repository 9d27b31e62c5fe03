// EXPECT: weir: dedup(...) has state, which needs a name; write dedup<"uid">(...)
#include "weir/weir.hpp"

using namespace weir;

int main() {
  auto once = from({1}) | key_by([](int x) { return x; }) | dedup(bounded_keys(9)) | to<"out">(discard());
}
