// EXPECT: weir: process<"uid">(f, ttl(...)): there is no state to expire; leave out ttl(...), or give f keyed state and put key_by(...) before it
#include <chrono>
#include <string>
#include <vector>

#include "weir/dsl/process.hpp"
#include "weir/weir.hpp"

using namespace weir;

struct order {
  BOOST_HANA_DEFINE_STRUCT(order, (std::int64_t, customer), (double, price), (std::string, item), (timestamp, at));
};

struct counter {
  using output_type = std::int64_t;
  void process(const order&, auto&, auto& out) { out(1); }
};

int main() {
  auto counts = from(std::vector<order>()) | key_by(&order::customer) |
                process<"counts">(counter{}, ttl(std::chrono::hours(1))) | to<"out">(print());
}
