// EXPECT: weir: the function cannot be copied, and each subtask needs its own copy; capture a shared_ptr instead of a move-only value
#include <memory>
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
  std::unique_ptr<int> limit;
  void process(const order&, auto&, auto& out) { out(*limit); }
};

int main() {
  auto counts = from(std::vector<order>()) | key_by(&order::customer) | process<"counts">(counter{}) | to<"out">(print());
}
