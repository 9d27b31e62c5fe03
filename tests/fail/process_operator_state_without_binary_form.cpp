// EXPECT: weir: state is written into snapshots, but this type has no binary form; use numbers, strings, timestamps, optionals, vectors, pairs, tuples or BOOST_HANA_DEFINE_STRUCT records of these
#include <map>
#include <string>
#include <vector>

#include "weir/dsl/process.hpp"
#include "weir/weir.hpp"

using namespace weir;

struct order {
  BOOST_HANA_DEFINE_STRUCT(order, (std::int64_t, customer), (double, price), (std::string, item), (timestamp, at));
};

struct grouping {
  BOOST_HANA_DEFINE_STRUCT(grouping, (operator_list_state<std::map<std::string, int>>, waiting));
  using output_type = std::int64_t;
  void process(const order&, auto&, auto& out) { out(1); }
};

int main() {
  auto groups = from(std::vector<order>()) | process<"groups">(grouping{}) | to<"out">(print());
}
