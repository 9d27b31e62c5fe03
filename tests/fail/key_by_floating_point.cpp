// EXPECT: weir: key_by(f): f's result cannot be a key; use an integer, enum, bool, string, timestamp, or an optional, pair, tuple or record of these; a floating-point number cannot be a key
#include <string>
#include <vector>

#include "weir/weir.hpp"

using namespace weir;

struct order {
  BOOST_HANA_DEFINE_STRUCT(order, (std::int64_t, customer), (double, price), (std::string, item), (timestamp, at));
};

int main() {
  auto keyed = from(std::vector<order>()) | key_by(&order::price);
}
