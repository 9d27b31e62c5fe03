#include "weir/state/table_cache.hpp"

#include <bit>

namespace weir::detail {

table_cache::marks::marks(std::size_t buckets) : same(buckets), used(buckets) {}
table_cache::marks::marks(marks&&) noexcept = default;
table_cache::marks& table_cache::marks::operator=(marks&&) noexcept = default;
table_cache::marks::~marks() = default;

table_cache::table_cache(std::size_t groups) : groups_(groups) {}
table_cache::~table_cache() = default;

void table_cache::set_buckets(std::size_t buckets) noexcept {
  const std::size_t each = buckets / groups_.size();
  buckets_min_ = each == 0 ? 0 : std::bit_floor(each);
  wide_groups_ = buckets_min_ == 0 ? 0 : (buckets - buckets_min_ * groups_.size()) / buckets_min_;
}

std::size_t table_cache::memory_bytes() const noexcept {
  std::size_t bytes = sizeof *this + groups_.capacity() * sizeof(marks);
  for (const marks& each : groups_) bytes += each.same.capacity() + each.used.capacity();
  return bytes;
}

}  // namespace weir::detail
