// EXPECT: weir: co_process<"uid">(f): f.process_left or f.process_right cannot be called; let them take const Left& and
#include "weir/weir.hpp"

using namespace weir;

struct matcher {
  using output_type = int;
  void process_left(const int& x, auto&, auto& out) { out(x); }
  void process_right(const std::string& x, auto&, auto& out) { out(int(x.size())); }
};

int main() {
  auto matched = connect(from({1}), from({2})) | co_process<"matched">(matcher{}) | to<"out">(discard());
}
