#include "weir/dsl/stored_rows.hpp"

#include <algorithm>

namespace weir::detail {

std::optional<key_group_range> common_groups(key_group_range left, key_group_range right) {
  const key_group_range common{std::max(left.first, right.first), std::min(left.last, right.last)};
  return common.first <= common.last ? std::optional(common) : std::nullopt;
}

void mean_row_bytes::add(std::size_t bytes) noexcept {
  constexpr std::size_t rows_max = std::size_t{1} << 16;
  if (rows_ >= rows_max) {
    rows_ /= 2;
    bytes_ /= 2;
  }
  ++rows_;
  bytes_ += bytes;
}

}  // namespace weir::detail
