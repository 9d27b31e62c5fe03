// EXPECT: weir: event_time(f, s): what s keeps would be lost in a restart; list the members that change with BOOST_HANA_DEFINE_STRUCT, and leave out those that only configure it
#include <string>
#include <vector>

#include "weir/weir.hpp"

using namespace weir;
using namespace std::chrono_literals;

struct order {
  BOOST_HANA_DEFINE_STRUCT(order, (std::int64_t, customer), (double, price), (std::string, item), (timestamp, at));
};

struct trailing {
  timestamp latest;
  void observe(const order&, timestamp time) { latest = time; }
  timestamp current() const { return latest; }
};

int main() {
  auto orders = from(std::vector<order>(), event_time(&order::at, trailing{})) | to<"out">(print());
}
