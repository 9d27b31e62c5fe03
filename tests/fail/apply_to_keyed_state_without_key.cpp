// EXPECT: weir: context.apply_to_keyed_state(f): the stream beside the broadcast one has no key; put key_by(...) behind it
#include "weir/weir.hpp"

using namespace weir;

struct checker {
  using output_type = int;
  void process_element(const int& x, auto&, auto& out) { out(x); }
  void process_broadcast_element(const int&, broadcast_context<>& context, collector<int>&) {
    context.apply_to_keyed_state([](int) {});
  }
};

int main() {
  auto checked = connect(from({1}), from({2}) | broadcast()) | broadcast_process<"checked">(checker{}) | to<"out">(discard());
}
