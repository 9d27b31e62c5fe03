// EXPECT: weir: name("...") names the operator before it; put it directly behind one
#include "weir/weir.hpp"

using namespace weir;

int main() {
  auto shared = from({1, 2, 3}) | share();
  auto out = shared | name("numbers") | to<"out">(print());
}
