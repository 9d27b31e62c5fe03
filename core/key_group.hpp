#pragma once
// Key groups: the fixed number of parts into which the keys of a job fall, so that keyed state can be restored at
// another parallelism. A key's group is the top bits of its hash; each subtask owns a contiguous range of groups.
#include <bit>
#include <cassert>
#include <cstdint>
#include <string>

#include "weir/core/error.hpp"

namespace weir {

/// The number of key groups of a job: a power of two from 1 to 32768, 128 unless chosen. It is stored with the state
/// and never changes afterwards.
class key_group_count {
 public:
  static constexpr std::uint32_t value_default = 128;
  static constexpr std::uint32_t value_max = 32768;

  constexpr key_group_count() = default;
  /// Throws weir::error unless `value` is a power of two in range.
  constexpr explicit key_group_count(std::uint32_t value) : log2_(log2_of(value)) {}

  constexpr std::uint32_t value() const noexcept { return 1u << log2_; }
  constexpr unsigned log2() const noexcept { return log2_; }

  friend constexpr bool operator==(key_group_count, key_group_count) = default;

 private:
  static constexpr unsigned log2_of(std::uint32_t value) {
    if (!std::has_single_bit(value) || value > value_max) {
      throw error("weir: " + std::to_string(value) + " key groups are not possible; use a power of two from 1 to " +
                  std::to_string(value_max));
    }
    return static_cast<unsigned>(std::countr_zero(value));
  }

  unsigned log2_ = 7;
};

/// The key groups of one subtask; both ends are included.
struct key_group_range {
  std::uint32_t first = 0;
  std::uint32_t last = 0;

  constexpr std::uint32_t size() const noexcept { return last - first + 1; }
  constexpr bool contains(std::uint32_t group) const noexcept { return first <= group && group <= last; }
  friend constexpr bool operator==(const key_group_range&, const key_group_range&) = default;
};

/// Every group of a job: the range of the only subtask at parallelism 1.
constexpr key_group_range all_key_groups(key_group_count count) noexcept { return {0, count.value() - 1}; }

/// The top `log2_count` bits of `hash`. The place in a table comes from other bits (state/bucket_array.hpp).
constexpr std::uint32_t key_group_of(std::uint64_t hash, unsigned log2_count = key_group_count{}.log2()) noexcept {
  return static_cast<std::uint32_t>((hash >> 1) >> (63 - log2_count));  // in two steps: log2_count may be 0
}

/// The subtask that owns `group`. Requires 1 <= parallelism <= count, and `count` a power of two.
constexpr std::uint32_t subtask_of_group(std::uint32_t group, std::uint32_t parallelism,
                                         std::uint32_t count = key_group_count::value_default) noexcept {
  assert(std::has_single_bit(count) && parallelism >= 1 && parallelism <= count && group < count);
  return static_cast<std::uint32_t>(std::uint64_t{group} * parallelism >> std::countr_zero(count));
}

/// The groups for which subtask_of_group gives `subtask`; never empty. Same requirements, and subtask < parallelism.
constexpr key_group_range groups_of_subtask(std::uint32_t subtask, std::uint32_t parallelism,
                                            std::uint32_t count = key_group_count::value_default) noexcept {
  assert(parallelism >= 1 && parallelism <= count && subtask < parallelism);
  const std::uint64_t first = (std::uint64_t{subtask} * count + parallelism - 1) / parallelism;
  const std::uint64_t last = ((std::uint64_t{subtask} + 1) * count - 1) / parallelism;
  return {static_cast<std::uint32_t>(first), static_cast<std::uint32_t>(last)};
}

/// The subtask that owns the key with this hash: key_group_of and subtask_of_group in one multiplication, no division.
constexpr std::uint32_t subtask_of_hash(std::uint64_t hash, std::uint32_t parallelism,
                                        unsigned log2_count = key_group_count{}.log2()) noexcept {
  return static_cast<std::uint32_t>(std::uint64_t{key_group_of(hash, log2_count)} * parallelism >> log2_count);
}

}  // namespace weir
