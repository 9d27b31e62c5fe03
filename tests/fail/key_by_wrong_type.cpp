// EXPECT: weir: key_by(f): f cannot be called with the stream's element type; give a member pointer such as &order::customer, or a function of const Element&
#include <string>

#include "weir/weir.hpp"

using namespace weir;

struct order {
  BOOST_HANA_DEFINE_STRUCT(order, (std::int64_t, customer), (double, price), (std::string, item), (timestamp, at));
};

int main() {
  auto keyed = from({1, 2, 3}) | key_by(&order::customer);
}
