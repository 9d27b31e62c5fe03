// EXPECT: weir: lookup_join<"uid">(table, key, f): the keys of the records and of the table's rows have different
#include "weir/weir.hpp"

using namespace weir;

struct customer {
  BOOST_HANA_DEFINE_STRUCT(customer, (int, id), (std::string, name));
};

int main() {
  const auto customers = lookup_table([] { return std::vector<customer>{}; }, &customer::name);
  const auto same = [](int x) { return x; };
  auto joined = from({1}) | lookup_join<"names">(customers, same, [](int x, const customer&) { return x; }) |
                to<"out">(discard());
}
