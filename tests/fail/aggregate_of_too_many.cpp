// EXPECT: weir: aggregate<"uid">(...) takes five aggregates at most; write aggregate<"uid">(combine(...)) for more
#include <string>
#include <vector>

#include "weir/weir.hpp"

using namespace weir;
using namespace std::chrono_literals;

struct order {
  BOOST_HANA_DEFINE_STRUCT(order, (std::int64_t, customer), (double, price), (std::string, item), (timestamp, at));
};

int main() {
  auto all = from<"orders">(std::vector<order>(), event_time(&order::at, ascending())) |
             key_by(&order::customer) | window(tumbling(10s)) |
             aggregate<"all">(count(), sum(&order::price), avg(&order::price), min(&order::price), max(&order::price),
                              first(&order::price)) |
             to<"out">(print());
}
