// EXPECT: weir: co_process(f) has state, which needs a name; write co_process<"uid">(f)
#include "weir/weir.hpp"

using namespace weir;

struct matcher {
  using output_type = int;
  void process_left(const int& x, auto&, auto& out) { out(x); }
  void process_right(const int& x, auto&, auto& out) { out(x); }
};

int main() {
  auto matched = connect(from({1}), from({2})) | co_process(matcher{}) | to<"out">(discard());
}
