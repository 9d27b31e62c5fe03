// EXPECT: weir: window(...): the assigner cannot be called with the stream's element type; let session(f) take const Element& and return a duration, and an assigner of your own a timestamp or (const Element&, timestamp)
#include <string>
#include <vector>

#include "weir/weir.hpp"

using namespace weir;
using namespace std::chrono_literals;

struct order {
  BOOST_HANA_DEFINE_STRUCT(order, (std::int64_t, customer), (double, price), (std::string, item), (timestamp, at));
};

int main() {
  auto counts = from<"orders">(std::vector<order>(), event_time(&order::at, ascending())) | key_by(&order::customer) |
                window(session([](int) { return 3s; })) | aggregate<"counts">(count()) | to<"out">(print());
}
