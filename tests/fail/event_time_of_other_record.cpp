// EXPECT: weir: event_time(f, ...): f must give a weir::timestamp for the source's records
#include <string>

#include "weir/weir.hpp"

using namespace weir;

struct order {
  BOOST_HANA_DEFINE_STRUCT(order, (std::int64_t, customer), (double, price), (std::string, item), (timestamp, at));
};

int main() {
  auto numbers = from({1, 2, 3}, event_time(&order::at, ascending())) | to<"out">(print());
}
