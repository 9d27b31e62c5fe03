// EXPECT: weir: window(...) needs a key; put key_by(...) before it, or use window_all(...) for the whole stream
#include <string>
#include <vector>

#include "weir/weir.hpp"

using namespace weir;
using namespace std::chrono_literals;

struct order {
  BOOST_HANA_DEFINE_STRUCT(order, (std::int64_t, customer), (double, price), (std::string, item), (timestamp, at));
};

int main() {
  auto windows = from<"orders">(std::vector<order>(), event_time(&order::at, ascending())) |
                 window(tumbling(10s)) | aggregate<"counts">(count()) | to<"out">(print());
}
