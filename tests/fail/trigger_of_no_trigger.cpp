// EXPECT: weir: window(...).trigger(t): t cannot be told of the stream's elements; it needs on_element(state&, const Element&, timestamp, trigger_context&), clear(state&, trigger_context&) and describe(), all const, and delta(threshold, f) an f(const Element&, const Element&) that returns a number
#include <string>
#include <vector>

#include "weir/weir.hpp"

using namespace weir;
using namespace std::chrono_literals;

struct order {
  BOOST_HANA_DEFINE_STRUCT(order, (std::int64_t, customer), (double, price), (std::string, item), (timestamp, at));
};

int main() {
  auto counts = from<"orders">(std::vector<order>(), event_time(&order::at, ascending())) | key_by(&order::customer) |
                window(tumbling(10s)).trigger(count()) | aggregate<"counts">(count()) | to<"out">(print());
}
