#pragma once
// The memory of one key group's table: an array of buckets, each one or two cache lines for small entries, with the
// tags of its slots in front. Plain data: a snapshot can read and copy it bucket by bucket.
#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>
#include <type_traits>
#include <utility>

#include "weir/state/bucket_memory.hpp"
#include "weir/state/bucket_tags.hpp"

namespace weir::detail {

inline constexpr std::size_t cache_line_bytes = 64;

/// Starts loading the cache line of `address`, which may be written. The empty statement keeps GCC 12 from taking a
/// function that does nothing but prefetch for one without effect and removing its calls.
[[gnu::always_inline]] inline void prefetch_line(const void* address) noexcept {
  __builtin_prefetch(address, 1);
  asm volatile("");
}

/// How entries of one size lie in a bucket, behind its tags.
struct bucket_layout {
  unsigned slots;
  std::size_t entries_at;  ///< offset of the first entry
  std::size_t bytes;       ///< a power of two
};

/// The fewest cache lines that hold four slots. Where three fit into one line, that line alone would be 5 to 15 %
/// faster at 10 million keys and as much slower at 10 thousand, for more memory: more keys would find their bucket
/// full.
constexpr bucket_layout bucket_layout_of(std::size_t entry_bytes, std::size_t entry_alignment) {
  const std::size_t entries_at = entry_alignment < bucket_tags::bytes ? bucket_tags::bytes : entry_alignment;
  std::size_t bytes = cache_line_bytes;
  while (bytes < entries_at + 4 * entry_bytes) bytes *= 2;
  const std::size_t slots = (bytes - entries_at) / entry_bytes;
  return {slots < bucket_tags::slots_max ? static_cast<unsigned>(slots) : bucket_tags::slots_max, entries_at, bytes};
}

/// What an array without memory points to: one bucket without entries, whatever their type. It is never written.
alignas(cache_line_bytes) inline constexpr std::byte no_buckets[cache_line_bytes] = {};

/// Owns 2^n buckets and the entries in them; or nothing, which looks like one empty bucket. A bucket is named by its
/// first byte.
template <class Entry>
class bucket_array {
 public:
  static constexpr bucket_layout layout = bucket_layout_of(sizeof(Entry), alignof(Entry));

  bucket_array() = default;
  explicit bucket_array(std::size_t count)
      : first_(allocate_buckets(count, layout.bytes)), mask_((count - 1) * layout.bytes) {}
  bucket_array(bucket_array&& other) noexcept : bucket_array() { swap(other); }
  bucket_array& operator=(bucket_array&& other) noexcept {
    bucket_array(std::move(other)).swap(*this);
    return *this;
  }
  ~bucket_array() {
    if (count() == 0) return;
    if constexpr (!std::is_trivially_destructible_v<Entry>) clear();
    free_buckets(first_, count(), layout.bytes);
  }

  std::size_t count() const noexcept { return first_ == no_buckets ? 0 : mask_ / layout.bytes + 1; }
  std::size_t bytes() const noexcept { return count() * layout.bytes; }

  /// The bucket at an offset below bytes().
  std::byte* at(std::size_t offset) const noexcept { return first_ + offset; }
  /// Where a lookup begins. The lowest bits of the hash do not count, so that no shift is needed.
  std::byte* home(std::uint64_t hash) const noexcept { return first_ + (hash & mask_); }
  /// Where it goes on behind a full bucket.
  std::byte* next(const std::byte* bucket) const noexcept {
    return first_ + ((static_cast<std::size_t>(bucket - first_) + layout.bytes) & mask_);
  }

  /// Room for an entry.
  static std::byte* room(std::byte* bucket, std::size_t slot) noexcept {
    return bucket + layout.entries_at + slot * sizeof(Entry);
  }
  /// The entry in a used slot.
  static Entry* entry(std::byte* bucket, std::size_t slot) noexcept {
    return std::launder(reinterpret_cast<Entry*>(room(bucket, slot)));
  }
  /// The bucket and the slot of the entry to which the byte at `part` belongs.
  std::pair<std::byte*, unsigned> place_of(const void* part) const noexcept {
    const auto offset = static_cast<std::size_t>(static_cast<const std::byte*>(part) - first_);
    const std::size_t in_bucket = offset % layout.bytes;
    return {at(offset - in_bucket), static_cast<unsigned>((in_bucket - layout.entries_at) / sizeof(Entry))};
  }

  /// Destroys all entries and keeps the memory.
  void clear() noexcept {
    const std::size_t end = bytes();
    for (std::size_t offset = 0; offset < end; offset += layout.bytes) {
      bucket_tags tags(at(offset));
      if constexpr (!std::is_trivially_destructible_v<Entry>) {
        for (slot_set used = tags.used(); used; used.remove_first()) std::destroy_at(entry(at(offset), used.first()));
      }
      tags.clear();
    }
  }

  void swap(bucket_array& other) noexcept {
    std::swap(first_, other.first_);
    std::swap(mask_, other.mask_);
  }

 private:
  std::byte* first_ = const_cast<std::byte*>(no_buckets);
  std::size_t mask_ = 0;  ///< the bits of a hash that give the offset of its bucket
};

}  // namespace weir::detail
