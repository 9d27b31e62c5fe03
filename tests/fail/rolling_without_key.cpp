// EXPECT: weir: rolling<"uid">(...) needs a key; put key_by(...) before it
#include <string>
#include <vector>

#include "weir/weir.hpp"

using namespace weir;

struct order {
  BOOST_HANA_DEFINE_STRUCT(order, (std::int64_t, customer), (double, price), (std::string, item), (timestamp, at));
};

int main() {
  auto sums = from(std::vector<order>()) | rolling<"sums">(sum(&order::price)) | to<"out">(print());
}
