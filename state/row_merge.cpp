#include "weir/state/row_merge.hpp"

#include <algorithm>
#include <utility>

namespace weir::detail {

row_entry entry_of(std::string_view row) noexcept {
  std::uint64_t prefix = 0;
  for (std::size_t byte = 0; byte < sizeof(prefix); ++byte) {
    prefix = prefix << 8 | (byte < row.size() ? static_cast<unsigned char>(row[byte]) : 0u);
  }
  return {prefix, row.data(), static_cast<std::uint32_t>(row.size())};
}

void row_merge::add(std::unique_ptr<run_reader> run) { sources_.push_back({std::move(run)}); }
void row_merge::add(std::span<const row_entry> section) { sources_.push_back({nullptr, section}); }

bool row_merge::next_of(source& from, row_entry& entry) {
  if (from.run != nullptr) {
    if (!from.run->next()) return false;
    entry = entry_of(from.run->row());
    return true;
  }
  if (from.section.empty()) return false;
  entry = from.section.front();
  from.section = from.section.subspan(1);
  return true;
}

void row_merge::begin() {
  for (std::size_t index = 0; index < sources_.size(); ++index) {
    row_entry first{};
    if (next_of(sources_[index], first)) heads_.push_back({first, index});
  }
  std::sort(heads_.begin(), heads_.end(), [](const head& left, const head& right) { return left.entry < right.entry; });
}

void row_merge::advance() {
  head& first = heads_.front();
  if (!next_of(sources_[first.source], first.entry)) {
    first = heads_.back();
    heads_.pop_back();
  }
  sink_first();
}

/// The first head may be greater than those below it: it goes down to where it is not.
void row_merge::sink_first() noexcept {
  if (heads_.empty()) return;
  const head sinking = heads_.front();
  std::size_t at = 0;
  for (;;) {
    std::size_t child = 2 * at + 1;
    if (child >= heads_.size()) break;
    if (child + 1 < heads_.size() && heads_[child + 1].entry < heads_[child].entry) ++child;
    if (!(heads_[child].entry < sinking.entry)) break;
    heads_[at] = heads_[child];
    at = child;
  }
  heads_[at] = sinking;
}

std::size_t row_merge::memory_bytes() const noexcept {
  std::size_t bytes = sources_.capacity() * sizeof(source) + heads_.capacity() * sizeof(head);
  for (const source& each : sources_) {
    if (each.run != nullptr) bytes += each.run->memory_bytes();
  }
  return bytes;
}

}  // namespace weir::detail
