// EXPECT: weir: sort_by<"uid">(f): f must be a member such as &order::price, descending(f) of one, or a function of const Element&, callable as const, that gives a number, string, enum, bool, timestamp, or an optional, pair, tuple or record of these
#include <vector>

#include "weir/weir.hpp"

using namespace weir;

struct order {
  BOOST_HANA_DEFINE_STRUCT(order, (std::vector<int>, parts));
};

int main() {
  auto sorted = from(std::vector<order>()) | sort_by<"sorted">(descending(&order::parts)) | to<"out">(discard());
}
