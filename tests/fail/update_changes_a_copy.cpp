// EXPECT: weir: update(f): f takes the record by value or const&, so nothing would change; let f take Element&, or use peek(f) to look at records
#include <string>
#include <vector>

#include "weir/weir.hpp"

using namespace weir;

struct order {
  BOOST_HANA_DEFINE_STRUCT(order, (std::int64_t, customer), (double, price), (std::string, item), (timestamp, at));
};

int main() {
  auto orders = from(std::vector<order>()) | update([](order each) { each.price *= 2; });
}
