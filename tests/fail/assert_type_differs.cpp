// EXPECT: weir: assert_type<T>(): the stream's element type is not T; the types are named in this message
#include "weir/weir.hpp"

using namespace weir;

int main() {
  auto numbers = from({1, 2, 3}) | assert_type<std::int64_t>();
}
