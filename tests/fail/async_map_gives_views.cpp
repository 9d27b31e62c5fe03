// EXPECT: weir: async_map<"uid">(f): results wait for their turn, but this type has std::string_view members, which point elsewhere; give a type with std::string
#include <string_view>

#include "weir/weir.hpp"

using namespace weir;

int main() {
  auto texts = from({1, 2, 3}) |
               async_map<"texts">([](const int&, async_result<std::string_view> result) { result.complete("text"); });
}
