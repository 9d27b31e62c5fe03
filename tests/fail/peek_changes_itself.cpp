// EXPECT: weir: peek(f): f changes itself, and each subtask has its own copy of it; make f const, and count through a pointer to an atomic
#include "weir/weir.hpp"

using namespace weir;

int main() {
  auto same = from({1, 2, 3}) | peek([n = 0](int x) mutable { n = n + x; });
}
