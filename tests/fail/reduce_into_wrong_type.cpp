// EXPECT: weir: reduce_into(result, initial, f): f must be callable as const with (Value, const Element&) and with (Value, const Value&), each returning a Value; take the second argument as const auto&, or map(f) first
#include <string>
#include <vector>

#include "weir/weir.hpp"

using namespace weir;

struct order {
  BOOST_HANA_DEFINE_STRUCT(order, (std::int64_t, customer), (double, price), (std::string, item), (timestamp, at));
};

int main() {
  double total = 0;
  auto out = from(std::vector<order>()) |
             to<"out">(reduce_into(total, 0.0, [](double sum, const order& each) { return sum + each.price; }));
}
