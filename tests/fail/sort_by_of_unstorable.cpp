// EXPECT: weir: sort_by<"uid">(f): what is sorted is written to disk and into snapshots, but it has no binary form; use numbers, strings, timestamps, optionals, vectors, pairs, tuples or BOOST_HANA_DEFINE_STRUCT records of these
#include <vector>

#include "weir/weir.hpp"

using namespace weir;

struct order {
  int price = 0;
};

int main() {
  auto sorted = from(std::vector<order>()) | sort_by<"sorted">(&order::price) | to<"out">(discard());
}
