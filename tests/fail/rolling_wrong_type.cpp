// EXPECT: weir: rolling<"uid">(f): f does not fit the stream's element type; use sum, min or max of a number member, min_by, max_by, or reduce(g) with g(const Element&, const Element&) returning an Element
#include <string>
#include <vector>

#include "weir/weir.hpp"

using namespace weir;

struct order {
  BOOST_HANA_DEFINE_STRUCT(order, (std::int64_t, customer), (double, price), (std::string, item), (timestamp, at));
};

int main() {
  auto sums = from(std::vector<order>()) | key_by(&order::customer) | rolling<"sums">(sum(&order::item)) |
              to<"out">(print());
}
