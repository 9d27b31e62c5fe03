// EXPECT: weir: to<"uid">(sink): this sink cannot write the stream's element type
#include <vector>

#include "weir/weir.hpp"

using namespace weir;

struct plain {
  int value;
};

int main() {
  auto out = from(std::vector<plain>()) | branch(to<"out">(print()), to<"nothing">(discard()));
}
