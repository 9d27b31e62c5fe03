// EXPECT: weir: window(...) must be followed by aggregate<"uid">(...), reduce<"uid">(...) or process<"uid">(...)
#include <string>
#include <vector>

#include "weir/weir.hpp"

using namespace weir;
using namespace std::chrono_literals;

struct order {
  BOOST_HANA_DEFINE_STRUCT(order, (std::int64_t, customer), (double, price), (std::string, item), (timestamp, at));
};

int main() {
  auto customers = from<"orders">(std::vector<order>(), event_time(&order::at, ascending())) |
                   key_by(&order::customer) | window(tumbling(10s)) | map(&order::customer) | to<"out">(print());
}
