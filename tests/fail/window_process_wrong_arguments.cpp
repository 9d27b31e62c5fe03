// EXPECT: weir: process<"uid">(f) behind window(...): f.process(elements, context, out) cannot be called; let it take const window_elements<Element>& (with incremental(...), the aggregate's value), window_context<Key>& and collector<output_type>&, or const auto& and auto&
#include <string>
#include <vector>

#include "weir/weir.hpp"

using namespace weir;
using namespace std::chrono_literals;

struct order {
  BOOST_HANA_DEFINE_STRUCT(order, (std::int64_t, customer), (double, price), (std::string, item), (timestamp, at));
};

struct counts_orders {
  using output_type = int;
  void process(const order&, process_context<std::int64_t>&, collector<int>& out) { out(1); }
};

int main() {
  auto counts = from<"orders">(std::vector<order>(), event_time(&order::at, ascending())) | key_by(&order::customer) |
                window(tumbling(10s)) | process<"counts">(counts_orders()) | to<"out">(print());
}
