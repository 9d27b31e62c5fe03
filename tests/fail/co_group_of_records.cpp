// EXPECT: weir: co_group<"uid">(f): f must be callable as const with (const std::vector<Left>&, const std::vector<Right>&)
#include "weir/weir.hpp"

using namespace weir;
using namespace std::chrono_literals;

struct order {
  BOOST_HANA_DEFINE_STRUCT(order, (int, customer), (timestamp, at));
};

int main() {
  const auto read = [] {
    return from(std::vector<order>(), event_time(&order::at, ascending())) | key_by(&order::customer);
  };
  auto groups = connect(read(), read()) | window(tumbling(1h)) |
                co_group<"groups">([](const order&, const order&) { return 1; }) | to<"out">(discard());
}
