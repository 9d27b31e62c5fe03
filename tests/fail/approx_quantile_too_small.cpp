// EXPECT: weir: approx_quantile<Size>(...) takes a size of 8 or more; 200 errs by 1.65 %
#include "weir/weir.hpp"

using namespace weir;

struct order {
  BOOST_HANA_DEFINE_STRUCT(order, (std::int64_t, customer), (double, price));
};

int main() {
  auto median = approx_quantile<2>(&order::price, 0.5);
}
