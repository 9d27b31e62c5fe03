// EXPECT: weir: lookup_join<"uid">(table, key, f): table must be a lookup_table(rows, key_of_row)
#include "weir/weir.hpp"

using namespace weir;

struct customer {
  BOOST_HANA_DEFINE_STRUCT(customer, (int, id), (std::string, name));
};

int main() {
  const auto same = [](int x) { return x; };
  auto joined = from({1}) | lookup_join<"names">(std::vector<customer>{}, same, [](int x, const customer&) { return x; }) |
                to<"out">(discard());
}
