// The smallest job, built against weir from another Bazel workspace and, by ../cmake, from an installation.
#include "weir/weir.hpp"

using namespace weir;

int main(int argc, char** argv) {
  const auto make = [] {
    return job("first", from({1, 2, 3, 4, 5}) | map([](int x) { return x * 2; }) | to<"out">(print()));
  };
  return run(make, argc, argv);
}
