// EXPECT: weir: window(...).trigger(t): t works in event time and the stream has none; give its source event_time(&record::at, out_of_orderness(...)), or use a trigger by the wall clock
#include <string>
#include <vector>

#include "weir/weir.hpp"

using namespace weir;
using namespace std::chrono_literals;

struct order {
  BOOST_HANA_DEFINE_STRUCT(order, (std::int64_t, customer), (double, price), (std::string, item), (timestamp, at));
};

int main() {
  auto counts = from(std::vector<order>()) | key_by(&order::customer) |
                window(global()).trigger(continuous(1s)) | aggregate<"counts">(count()) | to<"out">(print());
}
