// EXPECT: weir: an aggregate has state, which needs a name; write aggregate<"uid">(...), rolling<"uid">(...) or reduce<"uid">(...)
#include <string>
#include <vector>

#include "weir/weir.hpp"

using namespace weir;

struct order {
  BOOST_HANA_DEFINE_STRUCT(order, (std::int64_t, customer), (double, price), (std::string, item), (timestamp, at));
};

int main() {
  auto sums = from(std::vector<order>()) | key_by(&order::customer) | rolling(sum(&order::price)) | to<"out">(print());
}
