// EXPECT: weir: process<"uid">(f): f has on_timer, and timers are kept by key; put key_by(...) before it
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
  void on_timer(timestamp, auto&, auto&) {}
};

int main() {
  auto counts = from(std::vector<order>()) | process<"counts">(counter{}) | to<"out">(print());
}
