// EXPECT: weir: map(f): f returns nothing; return the new record, or use update(f) to change the record in place
#include <string>
#include <vector>

#include "weir/weir.hpp"

using namespace weir;

struct order {
  BOOST_HANA_DEFINE_STRUCT(order, (std::int64_t, customer), (double, price), (std::string, item), (timestamp, at));
};

int main() {
  auto orders = from(std::vector<order>()) | map([](order each) { each.price *= 2; });
}
