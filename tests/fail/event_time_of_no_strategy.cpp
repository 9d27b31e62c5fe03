// EXPECT: weir: event_time(f, s): s makes no watermarks for these records; give out_of_orderness(5s), ascending(), or a type with observe(const Record&, timestamp) and either current() const or an observe that returns std::optional<timestamp>
#include <string>
#include <vector>

#include "weir/weir.hpp"

using namespace weir;
using namespace std::chrono_literals;

struct order {
  BOOST_HANA_DEFINE_STRUCT(order, (std::int64_t, customer), (double, price), (std::string, item), (timestamp, at));
};

int main() {
  auto orders = from(std::vector<order>(), event_time(&order::at, 5s)) | to<"out">(print());
}
