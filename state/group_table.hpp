#pragma once
// The table of one key group, of which keyed_table has some: open addressing over buckets whose tags say where to look.
#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>
#include <utility>

#include "weir/state/bucket_array.hpp"
#include "weir/state/bucket_tags.hpp"
#include "weir/state/table_entry.hpp"
#include "weir/state/table_snapshot.hpp"

namespace weir::detail {

/// Hashes are handed in, and are stable_hash(key). Whoever makes an entry sees to it that a slot is free.
template <class Key, class State>
struct group_table {
  using entry = table_entry<Key, State>;
  using array_type = bucket_array<entry>;
  static constexpr bucket_layout layout = array_type::layout;
  /// Their buckets are too large to load as a whole.
  static constexpr bool large_entries = layout.bytes > 2 * cache_line_bytes;

  array_type buckets;
  std::uint64_t size = 0;
  std::uint64_t threshold = 0;  ///< the size at which the table grows

  /// The entry of `key`, or null.
  template <class KeyView>
  [[gnu::always_inline]] entry* locate(const KeyView& key, std::uint64_t hash) const noexcept {
    const auto pattern = bucket_tags::pattern_of(hash);
    std::byte* const home = buckets.home(hash);
    std::byte* bucket = home;
    do {
      const bucket_tags tags(bucket);
      for (auto slots = tags.equal_to(pattern); slots; slots.remove_first()) {
        entry* const candidate = array_type::entry(bucket, slots.first());
        if (candidate->matches(key, hash)) [[likely]]
          return candidate;
      }
      if (!tags.passed()) return nullptr;
      bucket = buckets.next(bucket);
    } while (bucket != home);
    return nullptr;
  }

  /// Makes an entry in the first free slot for `hash`; the load limit leaves one in every table.
  template <class... Arguments>
  entry* emplace(std::uint64_t hash, Arguments&&... arguments) {
    std::byte* const home = buckets.home(hash);
    std::byte* bucket = home;
    slot_set free = bucket_tags(bucket).free(layout.slots);
    while (!free) {
      bucket = buckets.next(bucket);
      free = bucket_tags(bucket).free(layout.slots);
    }
    entry* const made =
        ::new (static_cast<void*>(array_type::room(bucket, free.first()))) entry(std::forward<Arguments>(arguments)...);
    bucket_tags(bucket).set(free.first(), bucket_tags::tag_of(hash));
    for (std::byte* passed = home; passed != bucket; passed = buckets.next(passed)) bucket_tags(passed).add_passing();
    ++size;
    return made;
  }

  void remove(std::byte* bucket, unsigned slot, std::uint64_t hash) noexcept {
    std::destroy_at(array_type::entry(bucket, slot));
    bucket_tags(bucket).set(slot, 0);
    for (std::byte* passed = buckets.home(hash); passed != bucket; passed = buckets.next(passed)) {
      bucket_tags(passed).remove_passing();
    }
    --size;
  }

  /// Where the entry lies to which the byte at `part` belongs; this is the table of the group `group`.
  table_place place_of(std::size_t group, const void* part) const noexcept {
    const auto [bucket, slot] = buckets.place_of(part);
    return {group, static_cast<std::size_t>(bucket - buckets.at(0)) / layout.bytes, slot};
  }
  entry& at(const table_place& place) const noexcept {
    return *array_type::entry(buckets.at(place.bucket * layout.bytes), place.slot);
  }

  /// Loads what a snapshot that is at a bucket will look at soon: the processor's own prefetching ends at every page.
  /// An address behind the buckets does no harm.
  void prefetch_ahead_of(std::size_t bucket) const noexcept {
    const std::byte* const ahead = buckets.at(bucket * layout.bytes) + bytes_ahead;
    for (std::size_t line = 0; line < layout.bytes; line += cache_line_bytes) prefetch_line(ahead + line);
    if constexpr (entry::is_text || states_have_parts) prefetch_parts(bucket + buckets_ahead);
  }

  /// The threshold of so many buckets: up to 70 % of the slots, and 80 % for larger entries, whose memory costs more than a
  /// longer search: its first touch, above all. Down to 17 points less, different for neighbouring groups, because
  /// uniform keys fill all groups alike and would make all of them grow within a few records.
  static std::uint64_t threshold_of(std::size_t buckets, std::size_t group) noexcept {
    constexpr std::uint64_t load_max = sizeof(entry) <= 16 ? 179 : 205;
    const std::uint64_t slots = std::uint64_t{buckets} * layout.slots;
    return slots * (load_max - group * 11 % 16 * 45 / 16) / 256;
  }

 private:
  /// Between a prefetch of what entries own and the visit of a snapshot.
  static constexpr std::size_t buckets_ahead = 4;
  /// The same for the buckets themselves.
  static constexpr std::size_t bytes_ahead = 8 * layout.bytes < 2048 ? 2048 : 8 * layout.bytes;
  static constexpr bool states_have_parts = requires(const State& state) { state.prefetch_parts(); };

  void prefetch_parts(std::size_t bucket) const noexcept {
    if (bucket >= buckets.count()) return;
    std::byte* const from = buckets.at(bucket * layout.bytes);
    for (auto used = bucket_tags(from).used(); used; used.remove_first()) {
      const entry& each = *array_type::entry(from, used.first());
      if constexpr (entry::is_text) each.prefetch_text();
      if constexpr (states_have_parts) each.state.prefetch_parts();
    }
  }
};

}  // namespace weir::detail
