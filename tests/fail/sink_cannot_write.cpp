// EXPECT: weir: to<"uid">(sink): this sink cannot write the stream's element type; a text sink needs a record (BOOST_HANA_DEFINE_STRUCT), a number or a string; map(f) to one before it
#include <vector>

#include "weir/weir.hpp"

using namespace weir;

struct plain {
  int value;
};

int main() {
  auto out = from(std::vector<plain>()) | to<"out">(print());
}
