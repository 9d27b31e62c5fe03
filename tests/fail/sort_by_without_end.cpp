// EXPECT: weir: sort_by<"uid">(...) and distinct<"uid">(...) need a stream that ends, and the source that this error names is not known to end; read a file, a range or generate(f, bounded(n)), or use window(...), top or dedup with ttl(...)
#include "weir/weir.hpp"

using namespace weir;

int main() {
  auto sorted = from<"numbers">(generate([](std::uint64_t i) { return i; })) |
                sort_by<"sorted">([](std::uint64_t number) { return number % 10; }) | to<"out">(discard());
}
