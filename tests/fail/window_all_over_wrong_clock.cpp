// EXPECT: weir: window(...): the window works in event time and the stream has none; give its source event_time(&record::at, out_of_orderness(...))
#include <string>
#include <vector>

#include "weir/weir.hpp"

using namespace weir;
using namespace std::chrono_literals;

struct order {
  BOOST_HANA_DEFINE_STRUCT(order, (std::int64_t, customer), (double, price), (std::string, item), (timestamp, at));
};

int main() {
  auto counts = from(std::vector<order>()) | window_all(sliding(10s, 1s)) | aggregate<"counts">(count()) |
                to<"out">(print());
}
