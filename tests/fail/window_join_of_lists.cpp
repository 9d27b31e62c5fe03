// EXPECT: weir: window_join<"uid">(f): f must be callable as const with (const Left&, const Right&) and return the result
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
  auto pairs = connect(read(), read()) | window(tumbling(1h)) |
               window_join<"pairs">([](const std::vector<order>&, const order&) { return 1; }) | to<"out">(discard());
}
