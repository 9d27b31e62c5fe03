// EXPECT: weir: co_group(f) has state, which needs a name; write co_group<"uid">(f)
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
              co_group([](const auto& left, const auto& right) { return left.size() + right.size(); }) | to<"out">(discard());
}
