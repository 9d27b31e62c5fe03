// EXPECT: weir: a stream cannot be piped into a stream; join streams of one type with a | union_(b)
#include "weir/weir.hpp"

using namespace weir;

int main() {
  auto both = from({1, 2, 3}) | from({4, 5, 6});
}
