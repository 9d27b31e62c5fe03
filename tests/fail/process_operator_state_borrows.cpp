// EXPECT: weir: state outlives the batch, but this type has std::string_view members, which point into it; store owned_t<T>, or std::string for std::string_view
#include <string>
#include <vector>

#include "weir/dsl/process.hpp"
#include "weir/weir.hpp"

using namespace weir;

struct order {
  BOOST_HANA_DEFINE_STRUCT(order, (std::int64_t, customer), (double, price), (std::string, item), (timestamp, at));
};

struct grouping {
  BOOST_HANA_DEFINE_STRUCT(grouping, (operator_list_state<std::string_view, redistribution::union_>, waiting));
  using output_type = std::int64_t;
  void process(const order&, auto&, auto& out) { out(1); }
};

int main() {
  auto groups = from(std::vector<order>()) | process<"groups">(grouping{}) | to<"out">(print());
}
