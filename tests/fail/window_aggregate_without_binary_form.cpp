// EXPECT: weir: aggregate<"uid">(...): what these windows hold is written into snapshots, but it has no binary form; use numbers, strings, timestamps, optionals, vectors, pairs, tuples or BOOST_HANA_DEFINE_STRUCT records of these
#include "weir/weir.hpp"

using namespace weir;

struct order {
  int customer;
  int* place;
};

int main() {
  auto counts = from(std::vector<order>()) | key_by(&order::customer) | window(count_window(3, 1)) |
                aggregate<"counts">(count()) | to<"out">(discard());
}
