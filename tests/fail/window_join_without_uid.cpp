// EXPECT: weir: window_join(f) has state, which needs a name; write window_join<"uid">(f)
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
  auto rows = connect(read(), read()) | window(tumbling(1h)) |
              window_join([](const order&, const order&) { return 1; }) | to<"out">(discard());
}
