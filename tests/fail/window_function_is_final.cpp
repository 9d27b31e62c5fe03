// EXPECT: weir: process<"uid">(f) behind window(...): the class of f is final, but the operator derives from it; leave out final
#include "weir/weir.hpp"

using namespace weir;
using namespace std::chrono_literals;

struct order {
  BOOST_HANA_DEFINE_STRUCT(order, (int, customer), (timestamp, at));
};

struct counts_orders final {
  using output_type = std::int64_t;
  void process(const window_elements<order>&, const auto&, auto& out) { out(1); }
};

int main() {
  auto counts = from(std::vector<order>(), event_time(&order::at, ascending())) | key_by(&order::customer) |
                window(tumbling(10s)) | process<"counts">(counts_orders()) | to<"out">(discard());
}
