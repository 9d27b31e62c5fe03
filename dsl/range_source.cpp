#include "weir/dsl/range_source.hpp"

#include <algorithm>

namespace weir::detail {

std::vector<source_split> index_splits(const char* what, std::uint64_t size) {
  constexpr std::uint64_t records_min = 65536;
  constexpr std::uint64_t splits_max = 65536;
  const std::uint64_t records = std::max(records_min, size / splits_max + 1);
  std::vector<source_split> splits;
  for (std::uint64_t begin = 0; begin < size; begin = splits.back().end) {
    source_split& next = splits.emplace_back();
    next.path = what;
    next.begin = begin;
    next.end = size - begin > records ? begin + records : size;
  }
  return splits;
}

std::vector<source_split> single_split(const char* what, std::uint64_t end) { return {{what, 0, end, 0}}; }

void refuse_second_read() {
  throw error("from(range): a range that can be read only once was read by an earlier run; give a container to run the "
              "job again");
}

}  // namespace weir::detail
