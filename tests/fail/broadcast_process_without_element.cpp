// EXPECT: weir: broadcast_process<"uid">(f): f must be an object of a class, not final, with the members process_element(
#include "weir/weir.hpp"

using namespace weir;

struct checker {
  using output_type = int;
  void process_element(const int& x, auto&, auto& out) { out(x); }
};

int main() {
  auto checked = connect(from({1}), from({2}) | broadcast()) | broadcast_process<"checked">(checker{}) | to<"out">(discard());
}
