// EXPECT: weir: process<"uid">(f) behind window(...): the elements of windows are written into snapshots, but their type has no binary form; map them to a BOOST_HANA_DEFINE_STRUCT record before, or use incremental(...)
#include "weir/weir.hpp"

using namespace weir;

struct order {
  int customer;
  int* place;
};

struct counts_orders {
  using output_type = std::int64_t;
  void process(const window_elements<order>&, const auto&, auto& out) { out(1); }
};

int main() {
  auto counts = from(std::vector<order>()) | key_by(&order::customer) | window(count_window(3)) |
                process<"counts">(counts_orders()) | to<"out">(discard());
}
