// EXPECT: weir: assign_event_time<"uid">(event_time(...)): align(...) and time_ordered() are about the splits of a source; write them where from(...) reads it
#include <string>
#include <vector>

#include "weir/weir.hpp"

using namespace weir;
using namespace std::chrono_literals;

struct order {
  BOOST_HANA_DEFINE_STRUCT(order, (std::int64_t, customer), (double, price), (std::string, item), (timestamp, at));
};

int main() {
  auto orders = from(std::vector<order>()) |
                assign_event_time<"time">(event_time(&order::at, ascending()).align("orders", 30s)) | to<"out">(print());
}
