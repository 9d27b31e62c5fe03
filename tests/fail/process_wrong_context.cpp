// EXPECT: weir: process<"uid">(f): f.process(element, context, out) cannot be called; let it take const Element&, process_context<Key>& and collector<output_type>&, or auto& for the last two
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
  void process(const order&, process_context<std::string>&, collector<std::int64_t>& out) { out(1); }
};

int main() {
  auto counts = from(std::vector<order>()) | key_by(&order::customer) | process<"counts">(counter{}) | to<"out">(print());
}
