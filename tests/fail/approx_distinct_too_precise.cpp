// EXPECT: weir: approx_distinct<Precision>(...) takes a precision from 4 to 18; 12 errs by 1.6 %, two more halve it
#include "weir/weir.hpp"

using namespace weir;

struct order {
  BOOST_HANA_DEFINE_STRUCT(order, (std::int64_t, customer), (double, price));
};

int main() {
  auto customers = approx_distinct<30>(&order::customer);
}
