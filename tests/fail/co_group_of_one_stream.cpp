// EXPECT: weir: co_group and window_join take two streams in windows; write connect(left | key_by(f), right | key_by(g))
#include "weir/weir.hpp"

using namespace weir;
using namespace std::chrono_literals;

struct order {
  BOOST_HANA_DEFINE_STRUCT(order, (int, customer), (timestamp, at));
};

int main() {
  const auto read = [] {
    return from(std::vector<order>(), event_time(&order::at, ascending())) | key_by(&order::customer);
  };
  auto groups = read() | window(tumbling(1h)) | co_group<"groups">([](int, int) { return 1; }) | to<"out">(discard());
}
