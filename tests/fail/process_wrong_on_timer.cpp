// EXPECT: weir: process<"uid">(f): f.on_timer(at, context, out) cannot be called; let it take a weir::timestamp (or a processing_clock::time_point), process_context<Key>& and collector<output_type>&, or auto& for the last two
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
  void process(const order&, auto&, auto& out) { out(1); }
  void on_timer(std::int64_t, auto&, auto&) {}
};

int main() {
  auto counts = from(std::vector<order>()) | key_by(&order::customer) | process<"counts">(counter{}) | to<"out">(print());
}
