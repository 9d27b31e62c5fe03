// EXPECT: weir: into(container): the container's value_type cannot be made from the stream's element type; use a container of the element type, or map(f) to the value_type before it
#include <string>
#include <vector>

#include "weir/weir.hpp"

using namespace weir;

int main() {
  std::vector<int> numbers;
  auto out = from(std::vector<std::string>()) | to<"out">(into(numbers));
}
