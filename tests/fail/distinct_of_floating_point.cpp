// EXPECT: weir: distinct<"uid">(f): what f gives of a record, or the record itself, decides which are the same, so it must be what a key can be: an integer, enum, bool, string, timestamp, or an optional, pair, tuple or record of these; give a member such as &order::customer, or a const function of const Element&
#include "weir/weir.hpp"

using namespace weir;

int main() {
  auto once = from({1.5, 2.5}) | distinct<"once">() | to<"out">(discard());
}
