// EXPECT: weir: broadcast_process<"uid">(f): f.process_broadcast_element(record, context, out) cannot be called; let it take
#include "weir/weir.hpp"

using namespace weir;

struct checker {
  using output_type = int;
  void process_element(const int& x, auto&, auto& out) { out(x); }
  void process_broadcast_element(const int&, process_context<>&, collector<int>&) {}
};

int main() {
  auto checked = connect(from({1}), from({2}) | broadcast()) | broadcast_process<"checked">(checker{}) | to<"out">(discard());
}
