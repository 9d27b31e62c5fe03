// EXPECT: weir: require<exactly_once>(pipeline): the source that this error names in at_most_once<"uid", source> cannot be read again after a failure; read from one that can, such as a file, and give it a uid
#include "weir/connectors/lines.hpp"
#include "weir/weir.hpp"

using namespace weir;

int main() {
  const job typed("typed", require<exactly_once>(from<"in">(lines(standard_input)) | to<"out">(lines("out.txt"))));
}
