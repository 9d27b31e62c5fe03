// EXPECT: weir: this join works in event time and the streams have none; give both sources
#include "weir/weir.hpp"

using namespace weir;
using namespace std::chrono_literals;

struct order {
  BOOST_HANA_DEFINE_STRUCT(order, (int, customer), (timestamp, at));
};

int main() {
  const auto read = [] { return from(std::vector<order>()) | key_by(&order::customer); };
  auto pairs = connect(read(), read()) |
               interval_join<"pairs">(between(-1s, 1s), [](const order&, const order&) { return 1; }) |
               to<"out">(discard());
}
