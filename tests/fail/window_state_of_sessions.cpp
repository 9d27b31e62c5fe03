// EXPECT: weir: process<"uid">(f): session windows merge, and two window_states cannot become one; keep it in the states of f, which belong to the key
#include <string>
#include <vector>

#include "weir/weir.hpp"

using namespace weir;
using namespace std::chrono_literals;

struct order {
  BOOST_HANA_DEFINE_STRUCT(order, (std::int64_t, customer), (double, price), (std::string, item), (timestamp, at));
};

struct counts_orders {
  using output_type = std::int64_t;
  using window_state = std::int64_t;
  void process(const window_elements<order>&, auto& context, auto& out) { out(++context.window_state()); }
};

int main() {
  auto counts = from<"orders">(std::vector<order>(), event_time(&order::at, ascending())) | key_by(&order::customer) |
                window(session(10s)) | process<"counts">(counts_orders()) | to<"out">(print());
}
