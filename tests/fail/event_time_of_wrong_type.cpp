// EXPECT: weir: event_time(f, ...): f must give a weir::timestamp for the source's records; name a timestamp member, such as &order::at, or a function of const Record& that returns one
#include <string>
#include <vector>

#include "weir/weir.hpp"

using namespace weir;

struct order {
  BOOST_HANA_DEFINE_STRUCT(order, (std::int64_t, customer), (double, price), (std::string, item), (timestamp, at));
};

int main() {
  auto orders = from(std::vector<order>(), event_time(&order::customer, ascending())) | to<"out">(print());
}
