// EXPECT: weir: process<"uid">(f) behind window(...): f lists an operator_list_state, which belongs to the subtask and not to a window; keep it in a process<"uid">(f) of its own behind the window, or in states of the key
#include <string>
#include <vector>

#include "weir/weir.hpp"

using namespace weir;
using namespace std::chrono_literals;

struct order {
  BOOST_HANA_DEFINE_STRUCT(order, (std::int64_t, customer), (double, price), (std::string, item), (timestamp, at));
};

struct counts_orders {
  BOOST_HANA_DEFINE_STRUCT(counts_orders, (operator_list_state<std::int64_t>, waiting));
  using output_type = int;
  void process(const window_elements<order>&, window_context<std::int64_t>&, collector<int>& out) { out(1); }
};

int main() {
  auto counts = from<"orders">(std::vector<order>(), event_time(&order::at, ascending())) | key_by(&order::customer) |
                window(tumbling(10s)) | process<"counts">(counts_orders()) | to<"out">(print());
}
