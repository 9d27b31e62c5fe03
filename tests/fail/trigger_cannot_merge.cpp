// EXPECT: weir: window(...).trigger(t): session windows merge, and t cannot; use a trigger with merge and on_merge, such as count_trigger, continuous or timeout, or windows that do not merge
#include <string>
#include <vector>

#include "weir/weir.hpp"

using namespace weir;
using namespace std::chrono_literals;

struct order {
  BOOST_HANA_DEFINE_STRUCT(order, (std::int64_t, customer), (double, price), (std::string, item), (timestamp, at));
};

int main() {
  const auto dearer = [](const order& last, const order& next) { return next.price - last.price; };
  auto counts = from<"orders">(std::vector<order>(), event_time(&order::at, ascending())) | key_by(&order::customer) |
                window(session(10s)).trigger(delta(1.0, dearer)) | aggregate<"counts">(count()) | to<"out">(print());
}
