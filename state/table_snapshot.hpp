#pragma once
// How far the snapshot of a keyed_table has come, while the table goes on being used.
#include <cstddef>
#include <cstdint>
#include <vector>

namespace weir::detail {

/// Where an entry lies. A snapshot visits entries by ascending place.
struct table_place {
  std::size_t group = 0;
  std::size_t bucket = 0;  ///< its number in the group's array
  unsigned slot = 0;
};

/// Knows which entries are settled: the snapshot has handed them over, or has nothing to do with them because they were
/// made after its moment. All that lie before `next` are settled, and behind it those that are marked: a bit per slot
/// in a byte per bucket, for key groups in which something had to be marked.
class table_snapshot {
 public:
  explicit table_snapshot(std::size_t groups);
  table_snapshot(const table_snapshot&) = delete;
  table_snapshot& operator=(const table_snapshot&) = delete;
  ~table_snapshot();

  /// Where slices go on.
  const table_place& next() const noexcept { return next_; }
  void go_to_slot(unsigned slot) noexcept { next_.slot = slot; }
  void go_to_next_bucket() noexcept {
    ++next_.bucket;
    next_.slot = 0;
  }
  void go_to_next_group();

  bool is_settled(const table_place& place) const noexcept {
    if (place.group <= next_.group) {
      if (place.group < next_.group || place.bucket < next_.bucket) return true;
      if (place.bucket == next_.bucket && place.slot < next_.slot) return true;
    }
    return (marks_of_bucket(place) >> place.slot & 1) != 0;
  }
  /// A bit for each slot of the place's bucket.
  unsigned marks_of_bucket(const table_place& place) const noexcept {
    const std::vector<std::uint8_t>& marks = marks_[place.group];
    return marks.empty() ? 0 : marks[place.bucket];
  }
  /// Whether there may be settled entries in a group that slices have not finished.
  bool must_remember(std::size_t group) const noexcept;

  /// Makes room for marks in a group of so many buckets, so that `settle` cannot fail.
  void prepare(std::size_t group, std::size_t buckets);
  void settle(const table_place& place) noexcept {
    if (place.group >= next_.group) mark(marks_[place.group], place);
  }

  static void mark(std::vector<std::uint8_t>& marks, const table_place& place) noexcept {
    marks[place.bucket] = static_cast<std::uint8_t>(marks[place.bucket] | 1u << place.slot);
  }

  /// A group's entries have moved to a new array; `marks` has a byte for each of its buckets and says which entries are
  /// settled there. Slices begin the group again.
  void restart(std::size_t group, std::vector<std::uint8_t>&& marks) noexcept;

  std::size_t memory_bytes() const noexcept;

 private:
  table_place next_;
  std::vector<std::vector<std::uint8_t>> marks_;  ///< by group
};

}  // namespace weir::detail
