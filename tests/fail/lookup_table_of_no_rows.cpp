// EXPECT: weir: lookup_table(rows, key): rows must be a source that ends, such as csv<customer>("customers.csv"), or a
#include "weir/weir.hpp"

using namespace weir;

struct customer {
  BOOST_HANA_DEFINE_STRUCT(customer, (int, id), (std::string, name));
};

int main() {
  auto table = lookup_table("customers.csv", &customer::id);
}
