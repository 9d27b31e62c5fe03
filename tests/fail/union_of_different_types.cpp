// EXPECT: weir: union_(...): the streams differ in element type or event time; map them to one type first
#include "weir/weir.hpp"

using namespace weir;

int main() {
  auto all = from({1, 2, 3}) | union_(from({1.5, 2.5})) | to<"out">(print());
}
