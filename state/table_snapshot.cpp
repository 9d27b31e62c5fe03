#include "weir/state/table_snapshot.hpp"

#include <utility>

namespace weir::detail {

table_snapshot::table_snapshot(std::size_t groups) : marks_(groups) {}
table_snapshot::~table_snapshot() = default;

void table_snapshot::go_to_next_group() {
  std::vector<std::uint8_t>().swap(marks_[next_.group]);
  next_ = {next_.group + 1, 0, 0};
}

bool table_snapshot::must_remember(std::size_t group) const noexcept {
  if (group != next_.group) return group > next_.group && !marks_[group].empty();
  return next_.bucket != 0 || next_.slot != 0 || !marks_[group].empty();
}

void table_snapshot::prepare(std::size_t group, std::size_t buckets) {
  if (group >= next_.group && marks_[group].empty()) marks_[group].resize(buckets);
}

void table_snapshot::restart(std::size_t group, std::vector<std::uint8_t>&& marks) noexcept {
  marks_[group] = std::move(marks);
  if (group == next_.group) next_ = {group, 0, 0};
}

std::size_t table_snapshot::memory_bytes() const noexcept {
  std::size_t bytes = sizeof *this + marks_.capacity() * sizeof(std::vector<std::uint8_t>);
  for (const auto& marks : marks_) bytes += marks.capacity();
  return bytes;
}

}  // namespace weir::detail
