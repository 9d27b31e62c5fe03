// EXPECT: weir: a lookup join needs a name, for plans and messages; write lookup_join<"uid">(table, key, f)
#include "weir/weir.hpp"

using namespace weir;

struct customer {
  BOOST_HANA_DEFINE_STRUCT(customer, (int, id), (std::string, name));
};

int main() {
  const auto customers = lookup_table([] { return std::vector<customer>{}; }, &customer::id);
  const auto same = [](int x) { return x; };
  auto joined = from({1}) | lookup_join(customers, same, [](int x, const customer&) { return x; }) | to<"out">(discard());
}
