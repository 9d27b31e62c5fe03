// Run with `run`; `plan` prints the graph, `--help` all options.
#include "@NAME@.hpp"

using namespace weir;

int main(int argc, char** argv) {
  return run([] { return job("@NAME@", from({1, 2, 3, 4, 5, 6}) | steps() | to<"out">(print())); }, argc, argv);
}
