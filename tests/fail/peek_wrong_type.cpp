// EXPECT: weir: peek(f): f must be callable as const with the stream's element type; let f take it by const&
#include <string>

#include "weir/weir.hpp"

using namespace weir;

int main() {
  auto same = from({1, 2, 3}) | peek([](const std::string&) {});
}
