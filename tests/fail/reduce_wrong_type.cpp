// EXPECT: weir: rolling<"uid">(f): f does not fit the stream's element type
#include <string>
#include <vector>

#include "weir/weir.hpp"

using namespace weir;

struct order {
  BOOST_HANA_DEFINE_STRUCT(order, (std::int64_t, customer), (double, price), (std::string, item), (timestamp, at));
};

int main() {
  auto sums = from(std::vector<order>()) | key_by(&order::customer) |
              reduce<"sums">([](int a, int b) { return a + b; }) | to<"out">(print());
}
