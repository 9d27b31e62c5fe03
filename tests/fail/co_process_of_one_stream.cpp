// EXPECT: weir: co_process<"uid">(f) takes two streams; put connect(left, right) before it, or use process<"uid">(f)
#include "weir/weir.hpp"

using namespace weir;

struct matcher {
  using output_type = int;
  void process_left(const int& x, auto&, auto& out) { out(x); }
  void process_right(const int& x, auto&, auto& out) { out(x); }
};

int main() {
  auto matched = from({1}) | co_process<"matched">(matcher{}) | to<"out">(discard());
}
