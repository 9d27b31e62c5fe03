// EXPECT: weir: process<"uid">(f): a member that BOOST_HANA_DEFINE_STRUCT lists is no state; make it a value_state, list_state, map_state, reducing_state, aggregating_state or operator_list_state, or take it out of the list
#include <string>
#include <vector>

#include "weir/dsl/process.hpp"
#include "weir/weir.hpp"

using namespace weir;

struct order {
  BOOST_HANA_DEFINE_STRUCT(order, (std::int64_t, customer), (double, price), (std::string, item), (timestamp, at));
};

struct counter {
  BOOST_HANA_DEFINE_STRUCT(counter, (value_state<std::int64_t>, count), (double, threshold));
  using output_type = std::int64_t;
  void process(const order&, auto&, auto& out) { out(1); }
};

int main() {
  auto counts = from(std::vector<order>()) | key_by(&order::customer) | process<"counts">(counter{}) | to<"out">(print());
}
