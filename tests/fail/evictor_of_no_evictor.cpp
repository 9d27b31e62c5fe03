// EXPECT: weir: window(...).evictor(e): e cannot be called with the stream's elements; it needs evict_before(window_buffer<Element>&, const time_window&) or evict_after, and describe(), all const
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
                window(tumbling(10s)).evictor(count_trigger(3)) | aggregate<"counts">(count()) | to<"out">(print());
}
