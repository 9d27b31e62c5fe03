// EXPECT: weir: broadcast_process(f) has state, which needs a name; write broadcast_process<"uid">(f)
#include "weir/weir.hpp"

using namespace weir;

struct checker {
  using output_type = int;
  void process_element(const int& x, auto&, auto& out) { out(x); }
  void process_broadcast_element(const int&, auto&, auto&) {}
};

int main() {
  auto checked = connect(from({1}), from({2}) | broadcast()) | broadcast_process(checker{}) | to<"out">(discard());
}
