// EXPECT: weir: co_process<"uid">(f): f must be an object of a class, not final, with the members process_left(
#include "weir/weir.hpp"

using namespace weir;

struct matcher {
  using output_type = int;
  void process_left(const int& x, auto&, auto& out) { out(x); }
};

int main() {
  auto matched = connect(from({1}), from({2})) | co_process<"matched">(matcher{}) | to<"out">(discard());
}
