// EXPECT: weir: process<"uid">(f): f has state, which is kept by key; put key_by(...) before it, or keep an operator_list_state, which belongs to the subtask
#include <string>
#include <vector>

#include "weir/dsl/process.hpp"
#include "weir/weir.hpp"

using namespace weir;

struct order {
  BOOST_HANA_DEFINE_STRUCT(order, (std::int64_t, customer), (double, price), (std::string, item), (timestamp, at));
};

struct counter {
  BOOST_HANA_DEFINE_STRUCT(counter, (value_state<std::int64_t>, count));
  using output_type = std::int64_t;
  void process(const order&, auto&, auto& out) { out(count.value_or(0)); }
};

int main() {
  auto counts = from(std::vector<order>()) | process<"counts">(counter{}) | to<"out">(print());
}
