// EXPECT: weir: async_map<"uid">(f): inputs without a result are part of snapshots, but the element type has no binary form; use numbers, strings, timestamps, optionals, vectors, pairs, tuples or BOOST_HANA_DEFINE_STRUCT records of these
#include <vector>

#include "weir/weir.hpp"

using namespace weir;

struct opaque {
  int number;
};

int main() {
  auto numbers = from(std::vector<opaque>()) |
                 async_map<"numbers">([](const opaque& each) -> async_task<int> { co_return each.number; });
}
