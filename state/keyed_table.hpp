#pragma once
// Keyed state in memory: one open-addressing table per key group, so that a group can be written, restored and moved by
// itself and growth stops the world for one group only. The hash is computed once per record and handed in; its top
// bits choose the group, the bits below them the bucket, its low bits the tag.
#include <cassert>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <type_traits>
#include <utility>
#include <vector>

#include "weir/core/equal.hpp"
#include "weir/core/hash.hpp"
#include "weir/core/key_group.hpp"
#include "weir/core/owned.hpp"
#include "weir/state/bucket_array.hpp"

namespace weir {

/// A map from keys to states over the key groups of one subtask. Keys are stored as owned_t<Key>, made on first insert
/// only; a lookup takes a Key, or a string of the other kind. State may be move-only and need not be default
/// constructible. References to states stay valid until the next insertion or erasure. One thread.
template <hashable_key Key, class State>
class keyed_table {
 public:
  using key_type = Key;
  using stored_key_type = owned_t<Key>;
  using state_type = State;

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
      : groups_(groups.size()), range_(groups), log2_groups_(count.log2()) {
    for (group& each : groups_) each.shift = shift_of(1);
  }

  key_group_range groups() const noexcept { return range_; }
  std::size_t size() const noexcept { return size_; }
  bool empty() const noexcept { return size_ == 0; }

  /// The state of `key`, or null. `hash` must be stable_hash(key) here and below.
  template <class KeyView>
  State* find(const KeyView& key, std::uint64_t hash) noexcept {
    group& in = group_of(hash);
    const location found = locate(in, key, hash);
    return found.bucket == nullptr ? nullptr : &found.bucket->entry(found.slot)->state;
  }
  template <class KeyView>
  const State* find(const KeyView& key, std::uint64_t hash) const noexcept {
    return const_cast<keyed_table*>(this)->find(key, hash);
  }

  /// The state of `key`; if there is none it becomes `make()`. If making throws the table is unchanged.
  template <class KeyView, class Make>
  State& find_or_create(const KeyView& key, std::uint64_t hash, Make&& make) {
    group& in = group_of(hash);
    const location found = locate(in, key, hash);
    if (found.bucket != nullptr) [[likely]] return found.bucket->entry(found.slot)->state;
    return create(in, key, hash, make);
  }

  /// Removes `key` and its state; false if there was none.
  template <class KeyView>
  bool erase(const KeyView& key, std::uint64_t hash) noexcept {
    group& in = group_of(hash);
    const location found = locate(in, key, hash);
    if (found.bucket == nullptr) return false;
    std::destroy_at(found.bucket->entry(found.slot));
    // No lookup has ever gone past a bucket that still has an empty slot, so the slot can be empty again.
    const bool reusable = found.bucket->has_empty();
    found.bucket->tags[found.slot] = reusable ? detail::tag_empty : detail::tag_erased;
    if (reusable) --in.occupied;
    --in.size;
    --size_;
    return true;
  }

  /// Removes everything and keeps the memory for the next use.
  void clear() noexcept {
    for (group& each : groups_) {
      if (each.occupied == 0) continue;
      each.buckets.clear();
      each.occupied = 0;
      each.size = 0;
    }
    size_ = 0;
  }

  /// Loads the bucket of a key that will be looked up soon into the cache.
  void prefetch(std::uint64_t hash) const noexcept {
    const group& in = const_cast<keyed_table*>(this)->group_of(hash);
    if (in.buckets.count() != 0) __builtin_prefetch(in.buckets.data() + in.home(hash), 1);
  }

  /// Calls `visitor(const stored_key_type&, State&)` for every entry: by ascending key group, in no order inside.
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
      for (; from.bucket_ < in.buckets.count(); ++from.bucket_, from.slot_ = 0) {
        bucket_type& visited = in.buckets.data()[from.bucket_];
        for (; from.slot_ < bucket_type::slots; ++from.slot_) {
          if (visited.tags[from.slot_] <= detail::tag_erased) continue;
          if (max == 0) return true;
          --max;
          entry& each = *visited.entry(from.slot_);
          visitor(static_cast<const stored_key_type&>(each.key), each.state);
        }
      }
    }
    return false;
  }

  /// Bytes of the table itself, without what keys and states own elsewhere.
  std::size_t memory_bytes() const noexcept {
    std::size_t buckets = 0;
    for (const group& each : groups_) buckets += each.buckets.count();
    return buckets * sizeof(bucket_type) + groups_.capacity() * sizeof(group);
  }

 private:
  /// Hashing a short key again is cheaper than loading its hash; for others the stored hash also saves comparisons.
  static constexpr bool stores_hash = detail::kind_of_key<Key>() > detail::key_kind::enumeration &&
                                      detail::kind_of_key<Key>() != detail::key_kind::time;
  struct no_hash {};
  using hash_type = std::conditional_t<stores_hash, std::uint64_t, no_hash>;

  struct entry {
    template <class KeyView, class Make>
    entry(const KeyView& from, hash_type hash, Make& make) : hash(hash), key(from), state(make()) {}
    entry(entry&&) = default;

    [[no_unique_address]] hash_type hash;
    stored_key_type key;
    State state;
  };
  using bucket_type = detail::bucket<entry>;

  struct group {
    detail::bucket_array<entry> buckets;
    std::uint64_t size = 0;
    std::uint64_t occupied = 0;   ///< used and erased slots
    std::uint64_t threshold = 0;  ///< `occupied` at which the table grows
    unsigned shift = 0;

    std::size_t home(std::uint64_t hash) const noexcept { return (hash >> shift) & (buckets.count() - 1); }
  };

  struct location {
    bucket_type* bucket;
    unsigned slot;
  };

  group& group_of(std::uint64_t hash) noexcept {
    const std::uint32_t key_group = key_group_of(hash, log2_groups_);
    assert(range_.contains(key_group));
    return groups_[key_group - range_.first];
  }

  /// The bits below those of the key group; with one group and one bucket any bits will do.
  unsigned shift_of(std::size_t buckets) const noexcept {
    const unsigned used = log2_groups_ + static_cast<unsigned>(std::countr_zero(buckets));
    return used == 0 ? 0 : 64 - used;
  }

  template <class KeyView>
  static bool matches(const entry& candidate, const KeyView& key, std::uint64_t hash) noexcept {
    if constexpr (stores_hash) {
      if (candidate.hash != hash) return false;
    }
    if constexpr (std::is_same_v<KeyView, Key>) {
      return equal_values(static_cast<const Key&>(borrow<Key>(candidate.key)), key);
    } else {
      return candidate.key == key;
    }
  }

  template <class KeyView>
  [[gnu::always_inline]] static location locate(group& in, const KeyView& key, std::uint64_t hash) noexcept {
    if (in.buckets.count() == 0) return {nullptr, 0};
    for (std::size_t index = in.home(hash);; index = (index + 1) & (in.buckets.count() - 1)) {
      bucket_type& candidate = in.buckets.data()[index];
      for (auto slots = candidate.with_tag(detail::tag_of(hash)); slots; slots.remove_first()) {
        if (matches(*candidate.entry(slots.first()), key, hash)) [[likely]] return {&candidate, slots.first()};
      }
      if (candidate.has_empty()) return {nullptr, 0};  // the load limit leaves one in every table
    }
  }

  static location first_free(group& in, std::uint64_t hash) noexcept {
    for (std::size_t index = in.home(hash);; index = (index + 1) & (in.buckets.count() - 1)) {
      bucket_type& candidate = in.buckets.data()[index];
      if (const auto free = candidate.free()) return {&candidate, free.first()};
    }
  }

  template <class KeyView, class Make>
  [[gnu::noinline]] State& create(group& in, const KeyView& key, std::uint64_t hash, Make& make) {
    if (in.occupied >= in.threshold) grow(in);
    const location place = first_free(in, hash);
    entry* const made = ::new (static_cast<void*>(place.bucket->room + place.slot * sizeof(entry)))
        entry(key, hash_of_entry(hash), make);
    if (place.bucket->tags[place.slot] == detail::tag_empty) ++in.occupied;
    place.bucket->tags[place.slot] = detail::tag_of(hash);
    ++in.size;
    ++size_;
    return made->state;
  }

  static hash_type hash_of_entry([[maybe_unused]] std::uint64_t hash) noexcept {
    if constexpr (stores_hash) {
      return hash;
    } else {
      return {};
    }
  }

  static std::uint64_t hash_of(const entry& of) noexcept {
    if constexpr (stores_hash) {
      return of.hash;
    } else {
      return stable_hash(of.key);
    }
  }

  /// Doubles a group's table, or only sweeps out erased slots where these are most of what fills it.
  void grow(group& in) {
    const std::size_t count = in.buckets.count();
    const std::size_t wanted = count == 0 ? 1 : in.size * 2 <= in.threshold ? count : count * 2;
    group grown;
    grown.buckets = detail::bucket_array<entry>(wanted);
    grown.shift = shift_of(wanted);
    for (std::size_t index = 0; index < count; ++index) {
      bucket_type& from = in.buckets.data()[index];
      for (auto used = from.used(); used; used.remove_first()) {
        entry& moved = *from.entry(used.first());
        const std::uint64_t hash = hash_of(moved);
        const location place = first_free(grown, hash);
        ::new (static_cast<void*>(place.bucket->room + place.slot * sizeof(entry))) entry(std::move(moved));
        place.bucket->tags[place.slot] = detail::tag_of(hash);
      }
    }
    grown.size = grown.occupied = in.size;
    grown.threshold = threshold_of(wanted, static_cast<std::size_t>(&in - groups_.data()));
    in = std::move(grown);
    ++growths_;
  }

  /// Between 53 and 70 % of the slots, different for neighbouring groups, because uniform keys fill all groups alike
  /// and would make all of them grow within a few records.
  static std::uint64_t threshold_of(std::size_t buckets, std::size_t group) noexcept {
    const std::uint64_t slots = std::uint64_t{buckets} * bucket_type::slots;
    return slots * (179 - group * 11 % 16 * 45 / 16) / 256;
  }

  std::vector<group> groups_;
  std::size_t size_ = 0;
  std::uint64_t growths_ = 0;
  key_group_range range_;
  unsigned log2_groups_;
};

}  // namespace weir
