// EXPECT: weir: broadcast_process<"uid">(f): f.process_element(element, context, out) cannot be called; let it take const
#include "weir/weir.hpp"

using namespace weir;

struct checker {
  using output_type = int;
  void process_element(const std::string& x, auto&, auto& out) { out(int(x.size())); }
  void process_broadcast_element(const int&, auto&, auto&) {}
};

int main() {
  auto checked = connect(from({1}), from({2}) | broadcast()) | broadcast_process<"checked">(checker{}) | to<"out">(discard());
}
