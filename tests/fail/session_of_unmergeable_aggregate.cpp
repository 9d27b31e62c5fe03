// EXPECT: weir: aggregate<"uid">(...): session windows merge, and an aggregate has no merge; use fold(initial, add, merge), or give your aggregate void merge(accumulator&, const accumulator& later) const
#include <string>
#include <vector>

#include "weir/weir.hpp"

using namespace weir;
using namespace std::chrono_literals;

struct order {
  BOOST_HANA_DEFINE_STRUCT(order, (std::int64_t, customer), (double, price), (std::string, item), (timestamp, at));
};

int main() {
  auto sums = from<"orders">(std::vector<order>(), event_time(&order::at, ascending())) | key_by(&order::customer) | window(session(10s)) |
              aggregate<"sums">(fold(0.0, [](double& so_far, const order& o) { so_far += o.price; })) | to<"out">(print());
}
