// EXPECT: weir: process<"uid">(f): f has a broadcast_map_state, which nothing would fill; write connect(stream, other |
#include "weir/weir.hpp"

using namespace weir;

struct checker {
  BOOST_HANA_DEFINE_STRUCT(checker, (broadcast_map_state<int, int>, rules));
  using output_type = int;
  void process(const int& x, auto&, auto& out) { out(x); }
};

int main() {
  auto checked = from({1}) | process<"checked">(checker{}) | to<"out">(discard());
}
