// EXPECT: weir: process<"uid">(f): f has no member process; add void process(const Element& element, auto& context, auto& out)
#include <string>
#include <vector>

#include "weir/dsl/process.hpp"
#include "weir/weir.hpp"

using namespace weir;

struct order {
  BOOST_HANA_DEFINE_STRUCT(order, (std::int64_t, customer), (double, price), (std::string, item), (timestamp, at));
};

struct counter {
  using output_type = std::int64_t;
};

int main() {
  auto counts = from(std::vector<order>()) | key_by(&order::customer) | process<"counts">(counter{}) | to<"out">(print());
}
