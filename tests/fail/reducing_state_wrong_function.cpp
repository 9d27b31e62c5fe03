// EXPECT: weir: reducing_state<T, F>: F must be callable as const with two const T& and return a T
#include "weir/weir.hpp"

using namespace weir;

struct longer {
  int operator()(const std::string& one) const { return static_cast<int>(one.size()); }
};

int main() {
  reducing_state<int, longer> longest;
}
