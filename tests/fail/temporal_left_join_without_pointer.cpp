// EXPECT: weir: left join: f must be callable as const with (const Left&, const Right*) and return the result; the pointer is null where a left record has no partner
#include "weir/weir.hpp"

using namespace weir;

struct order {
  BOOST_HANA_DEFINE_STRUCT(order, (int, customer), (timestamp, at));
};

int main() {
  const auto read = [] { return from(std::vector<order>(), event_time(&order::at, ascending())); };
  auto pairs = connect(read() | key_by(&order::customer), read() | key_by(&order::customer)) |
               temporal_left_join<"pairs">([](const order&, const order&) { return 1; }) | to<"out">(discard());
}
