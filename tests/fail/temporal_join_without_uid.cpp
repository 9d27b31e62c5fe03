// EXPECT: weir: a temporal join has state, which needs a name; write temporal_join<"uid">(f)
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
  auto rows = connect(read(), read()) |
              temporal_join([](const order&, const order&) { return 1; }) | to<"out">(discard());
}
