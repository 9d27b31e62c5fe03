// EXPECT: weir: process<"uid">(f, ttl(...)): there is no state to expire; leave out ttl(...), or give f keyed state and put key_by(...) before it
#include <chrono>
#include <string>
#include <vector>

#include "weir/dsl/process.hpp"
#include "weir/weir.hpp"

using namespace weir;

struct order {
  BOOST_HANA_DEFINE_STRUCT(order, (std::int64_t, customer), (double, price), (std::string, item), (timestamp, at));
};

struct grouping {
  BOOST_HANA_DEFINE_STRUCT(grouping, (operator_list_state<std::int64_t>, waiting));
  using output_type = std::int64_t;
  void process(const order&, auto&, auto& out) { out(1); }
};

int main() {
  auto groups = from(std::vector<order>()) | process<"groups">(grouping{}, ttl(std::chrono::hours(1))) | to<"out">(print());
}
