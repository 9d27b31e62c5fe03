// EXPECT: weir: key_by(f): f changes itself, but a record must have the same key each time; make f const
#include "weir/weir.hpp"

using namespace weir;

int main() {
  auto keyed = from({1, 2, 3}) | key_by([n = 0](int) mutable { return ++n; });
}
