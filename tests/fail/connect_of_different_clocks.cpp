// EXPECT: weir: connect(left, right): one stream has event time and the other has none; give both sources event_time(...)
#include "weir/weir.hpp"

using namespace weir;

struct order {
  BOOST_HANA_DEFINE_STRUCT(order, (timestamp, at));
};

int main() {
  auto orders = from(std::vector<order>(), event_time(&order::at, ascending()));
  auto both = connect(std::move(orders), from({2})) | to<"out">(discard());
}
