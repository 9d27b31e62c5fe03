// EXPECT: weir: top_k<0>(...) keeps nothing; write how many values to keep
#include "weir/weir.hpp"

using namespace weir;

struct order {
  BOOST_HANA_DEFINE_STRUCT(order, (std::int64_t, customer), (double, price));
};

int main() {
  auto largest = top_k<0>(&order::price);
}
