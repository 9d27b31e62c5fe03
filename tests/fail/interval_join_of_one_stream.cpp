// EXPECT: weir: a join takes two streams; put connect(left | key_by(f), right | key_by(g)) directly before it
#include "weir/weir.hpp"

using namespace weir;
using namespace std::chrono_literals;

struct order {
  BOOST_HANA_DEFINE_STRUCT(order, (int, customer), (timestamp, at));
};

int main() {
  const auto read = [] { return from(std::vector<order>(), event_time(&order::at, ascending())); };
  auto pairs = read() | key_by(&order::customer) |
               interval_join<"pairs">(between(-1s, 1s), [](const order&, const order&) { return 1; }) |
               to<"out">(discard());
}
