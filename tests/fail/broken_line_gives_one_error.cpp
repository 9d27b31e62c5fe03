// EXPECT: weir: map(f): f cannot be called with the stream's element type
#include <string>
#include <vector>

#include "weir/weir.hpp"

using namespace weir;
using namespace std::chrono_literals;

int main() {
  std::vector<int> out;
  auto broken = from({1, 2, 3}) | map([](const std::string& text) { return text.size(); }) |
                filter([](std::size_t size) { return size > 1; }) | key_by([](std::size_t size) { return size; });
  auto [main, late] = std::move(broken) | window(tumbling(10s)) | aggregate<"counts">(count()) | split<"late">();
  auto shared = std::move(main) | share();
  job("numbers", shared | to<"main">(print()), std::move(late) | union_(shared) | to<"late">(into(out))).run();
}
