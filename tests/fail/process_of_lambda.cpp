// EXPECT: weir: process<"uid">(f): f must be an object of a class with a member process(element, context, out); a lambda has none: use map(f) or flat_map(f) for it
#include <string>
#include <vector>

#include "weir/dsl/process.hpp"
#include "weir/weir.hpp"

using namespace weir;

struct order {
  BOOST_HANA_DEFINE_STRUCT(order, (std::int64_t, customer), (double, price), (std::string, item), (timestamp, at));
};

int main() {
  auto counts = from(std::vector<order>()) | key_by(&order::customer) |
                process<"counts">([](const order& o) { return o.price; }) | to<"out">(print());
}
