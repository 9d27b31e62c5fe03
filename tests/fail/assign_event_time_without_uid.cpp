// EXPECT: weir: assign_event_time(...) has state, which needs a name; write assign_event_time<"uid">(event_time(f, out_of_orderness(5s)))
#include <string>
#include <vector>

#include "weir/weir.hpp"

using namespace weir;
using namespace std::chrono_literals;

struct order {
  BOOST_HANA_DEFINE_STRUCT(order, (std::int64_t, customer), (double, price), (std::string, item), (timestamp, at));
};

int main() {
  auto orders = from(std::vector<order>()) | assign_event_time(event_time(&order::at, ascending())) | to<"out">(print());
}
