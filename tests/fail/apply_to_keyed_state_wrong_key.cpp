// EXPECT: weir: context.apply_to_keyed_state(f): f cannot be called; let it take const Key&, and use the states of the function
#include "weir/weir.hpp"

using namespace weir;

struct checker {
  using output_type = int;
  void process_element(const int& x, auto&, auto& out) { out(x); }
  void process_broadcast_element(const int&, broadcast_context<int>& context, collector<int>&) {
    context.apply_to_keyed_state([](const std::string&) {});
  }
};

int main() {
  auto checked = connect(from({1}) | key_by([](int x) { return x; }), from({2}) | broadcast()) |
                 broadcast_process<"checked">(checker{}) | to<"out">(discard());
}
