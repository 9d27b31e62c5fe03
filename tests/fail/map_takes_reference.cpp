// EXPECT: weir: map(f): f cannot be called with the stream's element type; let f take it by value, const& or &&
#include <string>
#include <vector>

#include "weir/weir.hpp"

using namespace weir;

struct order {
  BOOST_HANA_DEFINE_STRUCT(order, (std::int64_t, customer), (double, price), (std::string, item), (timestamp, at));
};

int main() {
  auto orders = from(std::vector<order>()) | map([](order& each) { return each.price; });
}
