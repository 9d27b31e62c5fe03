// EXPECT: weir: lookup_join<"uid">(table, key, f): key must be a member of the stream
#include "weir/weir.hpp"

using namespace weir;

struct customer {
  BOOST_HANA_DEFINE_STRUCT(customer, (int, id), (std::string, name));
};

int main() {
  const auto customers = lookup_table([] { return std::vector<customer>{}; }, &customer::id);
  auto joined = from({1}) | lookup_join<"names">(customers, &customer::id, [](int x, const customer&) { return x; }) |
                to<"out">(discard());
}
