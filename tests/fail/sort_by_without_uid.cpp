// EXPECT: weir: sort_by(f) has state, which needs a name; write sort_by<"uid">(f)
#include "weir/weir.hpp"

using namespace weir;

int main() {
  auto sorted = from({3, 1, 2}) | sort_by([](int number) { return number; }) | to<"out">(discard());
}
