// EXPECT: weir: aggregate<"uid">(...): an aggregate does not fit the stream's element type; sum and avg need a number, min and max something ordered, and members must be members of the element
#include <string>
#include <vector>

#include "weir/weir.hpp"

using namespace weir;
using namespace std::chrono_literals;

struct order {
  BOOST_HANA_DEFINE_STRUCT(order, (std::int64_t, customer), (double, price), (std::string, item), (timestamp, at));
};

struct refund {
  double amount;
};

int main() {
  auto sums = from<"orders">(std::vector<order>(), event_time(&order::at, ascending())) | key_by(&order::customer) |
              window(tumbling(10s)) | aggregate<"sums">(sum(&refund::amount)) | to<"out">(print());
}
