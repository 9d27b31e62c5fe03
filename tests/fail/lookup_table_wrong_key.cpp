// EXPECT: weir: lookup_table(rows, key): key must be a member of a row such as &customer::id, or a function of
#include "weir/weir.hpp"

using namespace weir;

struct customer {
  BOOST_HANA_DEFINE_STRUCT(customer, (int, id), (std::string, name));
};

int main() {
  auto table = lookup_table([] { return std::vector<customer>{}; }, [](const std::string& name) { return name; });
}
