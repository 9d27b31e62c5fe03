// EXPECT: weir: map(f): f cannot be called with the stream's element type; let f take it by value, const& or &&
#include <string>

#include "weir/weir.hpp"

using namespace weir;

int main() {
  auto sizes = from({1, 2, 3}) | map([](const std::string& text) { return text.size(); });
}
