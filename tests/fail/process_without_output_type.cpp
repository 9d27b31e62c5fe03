// EXPECT: weir: process<"uid">(f): f does not say what it emits; add using output_type = ...; to its class
#include <string>
#include <vector>

#include "weir/dsl/process.hpp"
#include "weir/weir.hpp"

using namespace weir;

struct order {
  BOOST_HANA_DEFINE_STRUCT(order, (std::int64_t, customer), (double, price), (std::string, item), (timestamp, at));
};

struct counter {
  void process(const order&, auto&, auto& out) { out(1); }
};

int main() {
  auto counts = from(std::vector<order>()) | key_by(&order::customer) | process<"counts">(counter{}) | to<"out">(print());
}
