// EXPECT: weir: as<"">() gives a column no name; write one between the quotes
#include "weir/weir.hpp"

using namespace weir;

int main() {
  auto named = count().as<"">();
}
