// EXPECT: weir: process_broadcast_element: a broadcast record has no key, and timers belong to keys; use
#include "weir/weir.hpp"

using namespace weir;

struct checker {
  using output_type = int;
  void process_element(const int& x, auto&, auto& out) { out(x); }
  void process_broadcast_element(const int&, broadcast_context<int>& context, collector<int>&) {
    context.register_event_time_timer(max_timestamp);
  }
};

int main() {
  auto checked = connect(from({1}) | key_by([](int x) { return x; }), from({2}) | broadcast()) |
                 broadcast_process<"checked">(checker{}) | to<"out">(discard());
}
