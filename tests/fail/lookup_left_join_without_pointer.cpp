// EXPECT: weir: left join: f must be callable as const with (const Left&, const Right*) and return the result;
#include "weir/weir.hpp"

using namespace weir;

struct customer {
  BOOST_HANA_DEFINE_STRUCT(customer, (int, id), (std::string, name));
};

int main() {
  const auto customers = lookup_table([] { return std::vector<customer>{}; }, &customer::id);
  const auto same = [](int x) { return x; };
  auto joined = from({1}) | lookup_left_join<"names">(customers, same, [](int x, const customer&) { return x; }) |
                to<"out">(discard());
}
