#pragma once
// Keyed state in memory: one open-addressing table per key group, so that a group can be written, restored and moved by
// itself and growth stops the world for one group only. The hash is computed once per record and handed in; its top
// bits choose the group, its low bits the bucket, bits between them the tag.
#include <bit>
#include <cassert>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "weir/core/equal.hpp"
#include "weir/core/hash.hpp"
#include "weir/core/key_group.hpp"
#include "weir/core/owned.hpp"
#include "weir/state/bucket_array.hpp"
#include "weir/state/stored_text.hpp"

namespace weir {

/// A map from keys to states over the key groups of one subtask. Keys are stored as owned_t<Key>, strings in a shorter
/// form, made on first insert only; a lookup takes a Key, or a string of the other kind. State may be move-only and
/// need not be default constructible. References to states stay valid until the next insertion or erasure. One thread.
///
/// A loop over a batch whose table is worth_prefetching() calls `prefetch` for a record some 32 ahead,
/// `prefetch_entry` for one some 16 ahead, then looks up.
template <hashable_key Key, class State>
class keyed_table {
  static constexpr bool is_text = detail::kind_of_key<Key>() == detail::key_kind::text;

 public:
  using key_type = Key;
  using state_type = State;
  /// What visitors get: const owned_t<Key>&, and for string keys a std::string_view, valid as long as the reference to
  /// the state.
  using visited_key_type = std::conditional_t<is_text, std::string_view, const owned_t<Key>&>;

  /// A place in an iteration; starts at the first entry.
  class cursor {
    friend keyed_table;
    std::size_t group_ = 0;
    std::size_t bucket_ = 0;
    unsigned slot_ = 0;
    std::uint64_t growths_ = 0;
  };

  /// Keys of other groups must not be handed in.
  explicit keyed_table(key_group_range groups = all_key_groups(key_group_count{}), key_group_count count = {})
      : groups_(groups.size()), range_(groups), group_shift_(63 - count.log2()) {}

  key_group_range groups() const noexcept { return range_; }
  std::size_t size() const noexcept { return size_; }
  bool empty() const noexcept { return size_ == 0; }

  /// The state of `key`, or null. `hash` must be stable_hash(key) here and below.
  template <class KeyView>
  State* find(const KeyView& key, std::uint64_t hash) noexcept {
    group& in = group_of(hash);
    entry* const found = locate(in, key, hash);
    return found != nullptr ? &found->state : nullptr;
  }
  template <class KeyView>
  const State* find(const KeyView& key, std::uint64_t hash) const noexcept {
    return const_cast<keyed_table*>(this)->find(key, hash);
  }

  /// The state of `key`; if there is none it becomes `make()`. If making throws the table is unchanged.
  template <class KeyView, class Make>
  [[gnu::always_inline]] State& find_or_create(const KeyView& key, std::uint64_t hash, Make&& make) {
    group& in = group_of(hash);
    entry* const found = locate(in, key, hash);
    if (found != nullptr) [[likely]]
      return found->state;
    return create(in, key, hash, make);
  }

  /// Removes `key` and its state; false if there was none.
  template <class KeyView>
  bool erase(const KeyView& key, std::uint64_t hash) noexcept {
    group& in = group_of(hash);
    entry* const found = locate(in, key, hash);
    if (found == nullptr) return false;
    const auto [bucket, slot] = in.buckets.place_of(found);
    std::destroy_at(found);
    detail::bucket_tags(bucket).set(slot, 0);
    for (std::byte* passed = in.buckets.home(hash); passed != bucket; passed = in.buckets.next(passed)) {
      detail::bucket_tags(passed).remove_passing();
    }
    --in.size;
    --size_;
    return true;
  }

  /// Removes everything and keeps the memory for the next use.
  void clear() noexcept {
    for (group& each : groups_) {
      if (each.size == 0) continue;
      each.buckets.clear();
      each.size = 0;
    }
    size_ = 0;
  }

  /// Whether the table outgrows a core's own cache, so that prefetching gains more than it costs.
  bool worth_prefetching() const noexcept { return bucket_bytes_ > std::size_t{1} << 20; }

  /// Loads the bucket of a key that will be looked up soon into the cache.
  [[gnu::always_inline]] void prefetch(std::uint64_t hash) const noexcept {
    const std::byte* const bucket = group_of(hash).buckets.home(hash);
    detail::prefetch_line(bucket);
    if constexpr (layout.bytes == 2 * detail::cache_line_bytes) {
      detail::prefetch_line(bucket + detail::cache_line_bytes);
    }
  }

  /// Loads what the lookup will touch besides: a large entry, or the bytes of a long string; does nothing for other
  /// tables. It reads the bucket, so `prefetch` must have had time to bring it.
  [[gnu::always_inline]] void prefetch_entry(std::uint64_t hash) const noexcept {
    if constexpr (large_entries || is_text) {
      std::byte* const bucket = group_of(hash).buckets.home(hash);
      const auto candidates = detail::bucket_tags(bucket).equal_to(detail::bucket_tags::pattern_of(hash));
      if (!candidates) return;
      prefetch_parts(*array_type::entry(bucket, candidates.first()));
    }
  }

  /// Calls `visitor(visited_key_type, State&)` for every entry: by ascending key group, in no order inside.
  /// The visitor may change states, and insert or erase nothing.
  template <class Visitor>
  void for_each(Visitor&& visitor) {
    cursor from;
    from.growths_ = growths_;
    visit(from, size_, visitor);
  }

  /// Visits up to `max` entries from `from` on and moves it; false when none is left. Every entry is visited once if
  /// nothing is inserted between the calls; entries may be erased and states changed. Starts over with a new cursor.
  template <class Visitor>
  bool visit(cursor& from, std::size_t max, Visitor&& visitor) {
    if (from.group_ == 0 && from.bucket_ == 0 && from.slot_ == 0) from.growths_ = growths_;
    assert(from.growths_ == growths_ && "a table must not grow while it is visited");
    for (; from.group_ < groups_.size(); ++from.group_, from.bucket_ = 0, from.slot_ = 0) {
      group& in = groups_[from.group_];
      if (in.size == 0) continue;
      for (; from.bucket_ < in.buckets.bytes(); from.bucket_ += layout.bytes, from.slot_ = 0) {
        auto used = detail::bucket_tags(in.buckets.at(from.bucket_)).used();
        for (used.remove_below(from.slot_); used; used.remove_first()) {
          from.slot_ = used.first();
          if (max == 0) return true;
          --max;
          entry& each = *array_type::entry(in.buckets.at(from.bucket_), from.slot_++);
          visitor(visited_key(each), each.state);
        }
      }
    }
    return false;
  }

  /// Bytes of the table itself, without what keys and states own elsewhere.
  std::size_t memory_bytes() const noexcept { return bucket_bytes_ + groups_.capacity() * sizeof(group); }

 private:
  /// Hashing a short key again is cheaper than loading its hash; for others the stored hash also saves comparisons.
  static constexpr bool stores_hash =
      !is_text &&
      detail::kind_of_key<Key>() > detail::key_kind::enumeration&& detail::kind_of_key<Key>() != detail::key_kind::time;
  struct no_hash {
    explicit no_hash(std::uint64_t) {}
  };
  using hash_type = std::conditional_t<stores_hash, std::uint64_t, no_hash>;
  using stored_key_type = std::conditional_t<is_text, detail::stored_text, owned_t<Key>>;

  struct entry {
    template <class KeyView, class Make>
    entry(const KeyView& from, std::uint64_t hash, Make& make) : hash(hash), key(stored(from, hash)), state(make()) {}
    entry(entry&&) = default;

    [[no_unique_address]] hash_type hash;
    stored_key_type key;
    State state;
  };

  using array_type = detail::bucket_array<entry>;
  static constexpr detail::bucket_layout layout = array_type::layout;
  /// Their buckets are too large to load as a whole.
  static constexpr bool large_entries = layout.bytes > 2 * detail::cache_line_bytes;
  /// Of a large entry; what lies behind is left to the processor's own prefetching.
  static constexpr std::size_t prefetched_max = 256;

  struct group {
    array_type buckets;
    std::uint64_t size = 0;
    std::uint64_t threshold = 0;  ///< the size at which the table grows
  };

  const group& group_of(std::uint64_t hash) const noexcept {
    const std::uint64_t key_group = (hash >> 1) >> group_shift_;
    assert(range_.contains(static_cast<std::uint32_t>(key_group)));
    return groups_.data()[key_group - range_.first];
  }
  group& group_of(std::uint64_t hash) noexcept {
    return const_cast<group&>(static_cast<const keyed_table*>(this)->group_of(hash));
  }

  template <class KeyView>
  static stored_key_type stored(const KeyView& key, [[maybe_unused]] std::uint64_t hash) {
    if constexpr (is_text) {
      return stored_key_type(key, hash);
    } else {
      return stored_key_type(key);
    }
  }

  static visited_key_type visited_key(const entry& of) noexcept {
    if constexpr (is_text) {
      return of.key.view();
    } else {
      return of.key;
    }
  }

  template <class KeyView>
  static bool matches(const entry& candidate, const KeyView& key, std::uint64_t hash) noexcept {
    if constexpr (stores_hash) {
      if (candidate.hash != hash) return false;
    }
    if constexpr (is_text) {
      return candidate.key.equals(key, hash);
    } else if constexpr (std::is_same_v<KeyView, Key>) {
      return equal_values(static_cast<const Key&>(borrow<Key>(candidate.key)), key);
    } else {
      return candidate.key == key;
    }
  }

  template <class KeyView>
  [[gnu::always_inline]] static entry* locate(const group& in, const KeyView& key, std::uint64_t hash) noexcept {
    const auto pattern = detail::bucket_tags::pattern_of(hash);
    std::byte* const home = in.buckets.home(hash);
    std::byte* bucket = home;
    do {
      const detail::bucket_tags tags(bucket);
      for (auto slots = tags.equal_to(pattern); slots; slots.remove_first()) {
        entry* const candidate = array_type::entry(bucket, slots.first());
        if (matches(*candidate, key, hash)) [[likely]]
          return candidate;
      }
      if (!tags.passed()) return nullptr;
      bucket = in.buckets.next(bucket);
    } while (bucket != home);
    return nullptr;
  }

  /// Makes an entry in the first free slot for `hash`; the load limit leaves one in every table.
  template <class... Arguments>
  static entry* emplace(group& in, std::uint64_t hash, Arguments&&... arguments) {
    std::byte* const home = in.buckets.home(hash);
    std::byte* bucket = home;
    detail::slot_set free = detail::bucket_tags(bucket).free(layout.slots);
    while (!free) {
      bucket = in.buckets.next(bucket);
      free = detail::bucket_tags(bucket).free(layout.slots);
    }
    entry* const made =
        ::new (static_cast<void*>(array_type::room(bucket, free.first()))) entry(std::forward<Arguments>(arguments)...);
    detail::bucket_tags(bucket).set(free.first(), detail::bucket_tags::tag_of(hash));
    for (std::byte* passed = home; passed != bucket; passed = in.buckets.next(passed)) {
      detail::bucket_tags(passed).add_passing();
    }
    ++in.size;
    return made;
  }

  template <class KeyView, class Make>
  [[gnu::noinline]] State& create(group& in, const KeyView& key, std::uint64_t hash, Make& make) {
    if (in.size >= in.threshold) grow(in);
    entry* const made = emplace(in, hash, key, hash, make);
    ++size_;
    return made->state;
  }

  /// The hash of an entry whose tag is `tag`, as far as it decides about the bucket and the tag.
  static std::uint64_t hash_of(const entry& of, [[maybe_unused]] std::uint8_t tag) noexcept {
    if constexpr (stores_hash) {
      return of.hash;
    } else if constexpr (is_text) {
      static_assert((detail::stored_text::hash_mask & detail::bucket_tags::hash_mask) == 0);
      return of.key.is_allocated() ? of.key.allocated_hash() | detail::bucket_tags::hash_of(tag)
                                   : stable_hash(of.key.view());
    } else {
      return stable_hash(of.key);
    }
  }

  /// Doubles a group's table.
  [[gnu::noinline]] void grow(group& in) {
    const std::size_t count = in.buckets.count();
    const std::size_t wanted = count == 0 ? 1 : count * 2;
    group grown;
    grown.buckets = array_type(wanted);
    for (std::size_t offset = 0; offset < in.buckets.bytes(); offset += layout.bytes) {
      std::byte* const bucket = in.buckets.at(offset);
      detail::bucket_tags tags(bucket);
      for (auto used = tags.used(); used; used.remove_first()) {
        entry& moved = *array_type::entry(bucket, used.first());
        emplace(grown, hash_of(moved, tags[used.first()]), std::move(moved));
      }
    }
    grown.threshold = threshold_of(wanted, static_cast<std::size_t>(&in - groups_.data()));
    bucket_bytes_ += (wanted - count) * layout.bytes;
    in = std::move(grown);
    ++growths_;
  }

  /// Up to 70 % of the slots, and 80 % for larger entries, whose memory costs more than a longer search: its first touch,
  /// above all. Down to 17 points less, different for neighbouring groups, because uniform keys fill all groups alike and
  /// would make all of them grow within a few records.
  static std::uint64_t threshold_of(std::size_t buckets, std::size_t group) noexcept {
    constexpr std::uint64_t load_max = sizeof(entry) <= 16 ? 179 : 205;
    const std::uint64_t slots = std::uint64_t{buckets} * layout.slots;
    return slots * (load_max - group * 11 % 16 * 45 / 16) / 256;
  }

  static void prefetch_parts(const entry& of) noexcept {
    if constexpr (large_entries) {
      constexpr std::size_t bytes = sizeof(entry) < prefetched_max ? sizeof(entry) : prefetched_max;
      const auto* const first = reinterpret_cast<const std::byte*>(&of);
      for (std::size_t at = 0; at < bytes; at += detail::cache_line_bytes) detail::prefetch_line(first + at);
      detail::prefetch_line(first + bytes - 1);
    } else if (of.key.is_allocated()) {
      const std::string_view text = of.key.view();
      detail::prefetch_line(text.data());
      detail::prefetch_line(text.data() + text.size() - 1);
    }
  }

  std::vector<group> groups_;
  std::size_t size_ = 0;
  std::size_t bucket_bytes_ = 0;
  std::uint64_t growths_ = 0;
  key_group_range range_;
  unsigned group_shift_;  ///< of a hash without its lowest bit, because one group needs a shift by all 64
};

}  // namespace weir
