// EXPECT: weir: into(container): the container holds std::string_view, which would outlive the bytes it points to; use a container of std::string or of owned_t<Record>
#include <string>
#include <string_view>
#include <vector>

#include "weir/weir.hpp"

using namespace weir;

int main() {
  std::vector<std::string_view> views;
  auto out = from(std::vector<std::string>()) | map([](const std::string& text) { return std::string_view(text); }) |
             to<"out">(into(views));
}
