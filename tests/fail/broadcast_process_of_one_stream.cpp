// EXPECT: weir: broadcast_process<"uid">(f) takes a stream and one that is broadcast; put connect(stream, other | broadcast
#include "weir/weir.hpp"

using namespace weir;

struct checker {
  using output_type = int;
  void process_element(const int& x, auto&, auto& out) { out(x); }
  void process_broadcast_element(const int&, auto&, auto&) {}
};

int main() {
  auto checked = connect(from({1}), from({2})) | broadcast_process<"checked">(checker{}) | to<"out">(discard());
}
