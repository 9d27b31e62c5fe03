// EXPECT: weir: window(x): x is no kind of window; write window(tumbling(10s)), sliding(60s, 1s), session(30s), count_window(100) or global(at_end_of_input)
#include <string>
#include <vector>

#include "weir/weir.hpp"

using namespace weir;
using namespace std::chrono_literals;

struct order {
  BOOST_HANA_DEFINE_STRUCT(order, (std::int64_t, customer), (double, price), (std::string, item), (timestamp, at));
};

int main() {
  auto counts = from<"orders">(std::vector<order>(), event_time(&order::at, ascending())) |
                key_by(&order::customer) | window(10s) | aggregate<"counts">(count()) | to<"out">(print());
}
