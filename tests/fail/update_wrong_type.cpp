// EXPECT: weir: update(f): f must be callable with a reference to the stream's element type; let f take Element& and change it
#include <string>

#include "weir/weir.hpp"

using namespace weir;

struct order {
  BOOST_HANA_DEFINE_STRUCT(order, (std::int64_t, customer), (double, price), (std::string, item), (timestamp, at));
};

int main() {
  auto orders = from({1, 2, 3}) | update([](order& each) { each.price *= 2; });
}
