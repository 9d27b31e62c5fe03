// EXPECT: weir: connect(left, right): the stream that is broadcast comes second; write connect(stream, other | broadcast())
#include "weir/weir.hpp"

using namespace weir;

int main() {
  auto both = connect(from({1}) | broadcast(), from({2})) | to<"out">(discard());
}
