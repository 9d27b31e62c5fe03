// EXPECT: weir: sort_by<"uid">(...) and distinct<"uid">(...) need a stream that ends, and the source that this error names is not known to end; read a file, a range or generate(f, bounded(n)), or use window(...), top or dedup with ttl(...)
#include "weir/weir.hpp"

using namespace weir;

int main() {
  auto endless = from<"numbers">(generate([](std::uint64_t i) { return i; }));
  auto both = from<"few">(generate([](std::uint64_t i) { return i; }, bounded(10))) | union_(std::move(endless));
  auto once = std::move(both) | distinct<"once">() | to<"out">(discard());
}
