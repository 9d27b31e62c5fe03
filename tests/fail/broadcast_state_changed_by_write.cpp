// EXPECT: weir: broadcast state is changed by broadcast records only; in process_broadcast_element(record, context, out) write
#include "weir/weir.hpp"

using namespace weir;

struct checker {
  BOOST_HANA_DEFINE_STRUCT(checker, (broadcast_map_state<int, int>, rules));
  using output_type = int;
  void process_element(const int&, process_context<>& context, collector<int>&) { context.write(rules); }
  void process_broadcast_element(const int&, auto&, auto&) {}
};

int main() {
  auto checked = connect(from({1}), from({2}) | broadcast()) | broadcast_process<"checked">(checker{}) | to<"out">(discard());
}
