// EXPECT: weir: process<"uid">(f, incremental(...)): the aggregate does not fit the stream's element type, or windows merge and it cannot, or there is an evictor, which needs all elements
#include <string>
#include <vector>

#include "weir/weir.hpp"

using namespace weir;
using namespace std::chrono_literals;

struct order {
  BOOST_HANA_DEFINE_STRUCT(order, (std::int64_t, customer), (double, price), (std::string, item), (timestamp, at));
};

struct doubles {
  using output_type = std::int64_t;
  void process(const std::int64_t& count, auto&, auto& out) { out(2 * count); }
};

int main() {
  auto counts = from<"orders">(std::vector<order>(), event_time(&order::at, ascending())) | key_by(&order::customer) |
                window(count_window(10, 5)) | process<"counts">(doubles(), incremental(count())) | to<"out">(print());
}
