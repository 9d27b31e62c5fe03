// EXPECT: weir: flat_map(f): f must take the stream's element type by value or const& and return a range; or write flat_map<Output>(f) for an f(element, emit)
#include <string>

#include "weir/weir.hpp"

using namespace weir;

int main() {
  auto letters = from({1, 2, 3}) | flat_map([](const std::string& text) { return text; });
}
