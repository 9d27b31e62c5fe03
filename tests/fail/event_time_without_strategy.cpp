// EXPECT: weir: event_time(f): say how far records may be out of order; write event_time(f, out_of_orderness(5s)) or event_time(f, ascending())
#include <string>
#include <vector>

#include "weir/weir.hpp"

using namespace weir;
using namespace std::chrono_literals;

struct order {
  BOOST_HANA_DEFINE_STRUCT(order, (std::int64_t, customer), (double, price), (std::string, item), (timestamp, at));
};

int main() {
  auto orders = from<"orders">(std::vector<order>(), event_time(&order::at)) | key_by(&order::customer) |
              window(tumbling(10s)) | aggregate<"counts">(count()) | to<"out">(print());
}
