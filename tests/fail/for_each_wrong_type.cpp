// EXPECT: weir: for_each(f): f cannot be called as const with the stream's element type; let f take it by const& and not change itself, because all slots call it at once
#include <string>

#include "weir/weir.hpp"

using namespace weir;

int main() {
  auto out = from({1, 2, 3}) | to<"out">(for_each([](const std::string&) {}));
}
