#pragma once
// Keyed state in memory: one open-addressing table per key group, so that a group can be written, restored and moved by
// itself and growth stops the world for one group only. The hash is computed once per record and handed in; its top
// bits choose the group, its low bits the bucket, bits between them the tag.
#include <bit>
#include <cassert>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "weir/core/hash.hpp"
#include "weir/core/key_group.hpp"
#include "weir/state/bucket_array.hpp"
#include "weir/state/group_table.hpp"
#include "weir/state/table_cache.hpp"
#include "weir/state/table_growth.hpp"
#include "weir/state/table_snapshot.hpp"

namespace weir {

/// A map from keys to states over the key groups of one subtask. Keys are stored as owned_t<Key>, strings in a shorter
/// form, made on first insert only; a lookup takes a Key, or a string of the other kind. State may be move-only and
/// need not be default constructible. References to states stay valid until the next insertion or erasure. One thread.
///
/// A snapshot is taken while the table is used: begin_snapshot() marks the moment, and snapshot_slice(), called again
/// and again between batches, hands over the entries as they were then. Meanwhile whoever changes or erases an entry
/// calls before_change() first, and find_or_create_in_snapshot() takes the place of find_or_create(), which must not be
/// called while a snapshot is running. The former two may be called at any time, for a little more.
///
/// A table may be the cache of rows that lie elsewhere: begin_caching() makes it one. Whoever uses it then calls
/// touch() for each key before it is looked up, and puts in rows that are missing; write_back() and make_room() hand
/// over what has changed since. find() and find_or_create() are what they were, so that a lookup costs nothing more.
/// Entries are not erased: a row that is empty says that there is none. A snapshot of a cache brings the store to what
/// the rows are at its moment: write_back_slice() takes the place of snapshot_slice(), touch_in_snapshot() that of
/// touch(), and until abandon_snapshot() ends it make_room() keeps what has changed since its moment.
///
/// A loop over a batch whose table is worth_prefetching() calls `prefetch` for a record some 32 ahead,
/// `prefetch_entry` for one some 16 ahead, then looks up.
template <hashable_key Key, class State>
class keyed_table {
  using group = detail::group_table<Key, State>;
  using entry = typename group::entry;

 public:
  using key_type = Key;
  using state_type = State;
  /// What visitors get: const owned_t<Key>&, and for string keys a std::string_view, valid as long as the reference to
  /// the state.
  using visited_key_type = typename entry::visited_key_type;

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
    entry* const found = in.locate(key, hash);
    return found != nullptr ? &found->state : nullptr;
  }
  template <class KeyView>
  const State* find(const KeyView& key, std::uint64_t hash) const noexcept {
    return const_cast<keyed_table*>(this)->find(key, hash);
  }

  /// The state of `key`; if there is none it becomes `make()`. If making throws the table is unchanged.
  template <class KeyView, class Make>
  [[gnu::always_inline]] State& find_or_create(const KeyView& key, std::uint64_t hash, Make&& make) {
    assert(snapshot_ == nullptr && "a running snapshot needs find_or_create_in_snapshot()");
    group& in = group_of(hash);
    entry* const found = in.locate(key, hash);
    if (found != nullptr) [[likely]]
      return found->state;
    return create(in, key, hash, make);
  }

  /// Removes `key` and its state; false if there was none. Requires before_change() while a snapshot is running.
  template <class KeyView>
  bool erase(const KeyView& key, std::uint64_t hash) noexcept {
    group& in = group_of(hash);
    entry* const found = in.locate(key, hash);
    if (found == nullptr) return false;
    assert(is_settled(in, found) && "before_change() must be called before an entry is erased");
    const auto [bucket, slot] = in.buckets.place_of(found);
    in.remove(bucket, slot, hash);
    --size_;
    return true;
  }

  /// Removes everything and keeps the memory for the next use. Not while a snapshot is running.
  void clear() noexcept {
    assert(snapshot_ == nullptr && "a table must not be cleared while a snapshot of it is running");
    for (group& each : groups_) {
      if (each.size == 0) continue;
      each.buckets.clear();
      each.size = 0;
    }
    size_ = 0;
  }

  /// The same for one key group after the other, until some `entries_max` entries are gone: a large table is emptied in
  /// several steps. False when the table is empty.
  bool clear_some(std::size_t entries_max) noexcept {
    assert(snapshot_ == nullptr && "a table must not be cleared while a snapshot of it is running");
    std::size_t cleared = 0;
    for (group& each : groups_) {
      if (size_ == 0 || cleared >= entries_max) break;
      if (each.size == 0) continue;
      cleared += each.size;
      size_ -= each.size;
      each.buckets.clear();
      each.size = 0;
    }
    return size_ != 0;
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

  /// Loads what the lookup will touch besides: a large entry, the bytes of a long string, and the parts of a state that
  /// says that it is `used_with_its_parts`; does nothing for other tables. It reads the bucket, so `prefetch` must have had
  /// time to bring it.
  [[gnu::always_inline]] void prefetch_entry(std::uint64_t hash) const noexcept {
    constexpr bool parts = requires { requires State::used_with_its_parts; };
    if constexpr (group::large_entries || entry::is_text || parts) {
      std::byte* const bucket = group_of(hash).buckets.home(hash);
      const auto candidates = detail::bucket_tags(bucket).equal_to(detail::bucket_tags::pattern_of(hash));
      if (!candidates) return;
      const entry& likely = *array_type::entry(bucket, candidates.first());
      likely.prefetch_parts();
      if constexpr (parts) likely.state.prefetch_parts();
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
          visitor(each.visited_key(), each.state);
        }
      }
    }
    return false;
  }

  /// Looks at up to `buckets_max` buckets from `from` on and moves it; false when none is left. For estimates: between
  /// the calls the table may change as it likes, and entries be missed, or met twice, for that. Calls
  /// `visitor(visited_key_type, const State&)`.
  template <class Visitor>
  bool look(cursor& from, std::size_t buckets_max, Visitor&& visitor) const {
    for (; from.group_ < groups_.size(); ++from.group_, from.bucket_ = 0) {
      const group& in = groups_[from.group_];
      if (in.size == 0) continue;
      for (; from.bucket_ < in.buckets.bytes(); from.bucket_ += layout.bytes) {
        if (buckets_max-- == 0) return true;
        std::byte* const bucket = in.buckets.at(from.bucket_);
        for (auto used = detail::bucket_tags(bucket).used(); used; used.remove_first()) {
          const entry& each = *array_type::entry(bucket, used.first());
          visitor(each.visited_key(), each.state);
        }
      }
    }
    return false;
  }

  /// The number of entries in one of the groups().
  std::size_t group_size(std::uint32_t key_group) const noexcept {
    assert(range_.contains(key_group));
    return groups_[key_group - range_.first].size;
  }

  /// Makes room for so many entries in one of the groups(), for a restore: entries that come in the order in which a
  /// snapshot handed them over are then inserted from the beginning of the group's memory to its end.
  void reserve_group(std::uint32_t key_group, std::size_t entries) {
    assert(range_.contains(key_group));
    group& in = groups_[key_group - range_.first];
    if (entries <= in.threshold) return;
    std::size_t buckets = std::bit_ceil(entries / layout.slots + 1);
    while (group::threshold_of(buckets, key_group - range_.first) < entries) buckets *= 2;
    grow(in, buckets);
  }

  /// Begins a snapshot of what the table holds now. One that is running is abandoned.
  void begin_snapshot() { snapshot_ = std::make_unique<detail::table_snapshot>(groups_.size()); }

  /// Whether a snapshot is running.
  bool in_snapshot() const noexcept { return snapshot_ != nullptr; }

  /// Ends a running snapshot, of which then nothing is left; else does nothing.
  void abandon_snapshot() noexcept { snapshot_.reset(); }

  /// Goes on with the running snapshot: calls `visitor(key_group, visited_key_type, const State&)` for up to
  /// `entries_max` entries. In the end every entry of the moment of begin_snapshot() has been handed over once, here or
  /// to the visitor of another member, with the state it had then; here by ascending key group, and inside in an order
  /// that reserve_group() is made for. True when that is done: the snapshot is over. Looks at no more than
  /// `entries_max` buckets either, so it may hand over fewer entries although it is not done.
  template <class Visitor>
  bool snapshot_slice(std::size_t entries_max, Visitor&& visitor) {
    const auto visit_entry = [&](std::uint32_t key_group, const table_place&, const entry& each)
                                 __attribute__((always_inline)) { visitor(key_group, each.visited_key(), each.state); };
    if (!slice(entries_max, visit_entry)) return false;
    snapshot_.reset();
    return true;
  }

  /// If the running snapshot has yet to hand over the entry of `state`, hands it over to `visitor`, as snapshot_slice()
  /// does. `hash` is that of its key. Does nothing when no snapshot is running.
  template <class Visitor>
  void before_change(const State& state, std::uint64_t hash, Visitor&& visitor) {
    if (snapshot_ != nullptr) hand_over(group_of(hash), &state, visitor);
  }

  /// find_or_create() and before_change(): the state may be changed. A state that is made is not part of the running
  /// snapshot. If making or visiting throws, nothing has changed.
  template <class KeyView, class Make, class Visitor>
  State& find_or_create_in_snapshot(const KeyView& key, std::uint64_t hash, Make&& make, Visitor&& visitor) {
    group& in = group_of(hash);
    entry* const found = in.locate(key, hash);
    if (found == nullptr)
      return snapshot_ == nullptr ? create(in, key, hash, make) : create_settled(in, key, hash, make);
    if (snapshot_ != nullptr) hand_over(in, found, visitor);
    return found->state;
  }

  /// Bytes of the table itself and of the marks of a running snapshot or a cache, without what keys and states own
  /// elsewhere.
  std::size_t memory_bytes() const noexcept {
    return bucket_bytes_ + groups_.capacity() * sizeof(group) +
           (snapshot_ == nullptr ? 0 : snapshot_->memory_bytes()) + (cache_ == nullptr ? 0 : cache_->memory_bytes());
  }

  // ---- as a cache ---------------------------------------------------------------------------------------------------

  /// What the table holds from now on are rows of a store. Before the first entry.
  void begin_caching() {
    assert(size_ == 0);
    cache_ = std::make_unique<detail::table_cache>(groups_.size());
  }
  bool is_cache() const noexcept { return cache_ != nullptr; }

  /// How many bytes make_room() leaves; an entry owns `owned_bytes` elsewhere on average. The table takes more if
  /// touch() and find_or_create() put more in between two calls.
  void set_cache_bytes(std::size_t bytes, std::size_t owned_bytes) noexcept {
    cache_->set_buckets(bytes / (layout.bytes + 2 + owned_bytes * layout.slots * 3 / 4));
  }

  /// Loads what touch() will look at for a key that comes soon.
  void prefetch_touch(std::uint64_t hash) const noexcept {
    const group& in = group_of(hash);
    const std::byte* const bucket = in.buckets.home(hash);
    detail::prefetch_line(bucket);
    if (in.buckets.count() == 0) return;
    const auto& marks = cache_->of(index_of(in));
    const std::size_t place = static_cast<std::size_t>(bucket - in.buckets.at(0)) / layout.bytes;
    detail::prefetch_line(marks.same.data() + place);
    detail::prefetch_line(marks.used.data() + place);
  }

  /// The state of `key`, which may be changed now, or null.
  template <class KeyView>
  State* touch(const KeyView& key, std::uint64_t hash) noexcept {
    group& in = group_of(hash);
    entry* const found = in.locate(key, hash);
    if (found == nullptr) return nullptr;
    const table_place place = place_of(in, found);
    auto& marks = cache_->of(place.group);
    marks.set_used(place.bucket, place.slot);
    marks.set_changed(place.bucket, place.slot);
    return &found->state;
  }

  /// touch() while a snapshot is running. An entry that write_back_slice() would still hand over is handed over to
  /// `visitor` now, because it may be changed; if that throws, nothing has changed.
  template <class KeyView, class Visitor>
  State* touch_in_snapshot(const KeyView& key, std::uint64_t hash, Visitor&& visitor) {
    group& in = group_of(hash);
    entry* const found = in.locate(key, hash);
    if (found == nullptr) return nullptr;
    const table_place place = place_of(in, found);
    auto& marks = cache_->of(place.group);
    if (!snapshot_->is_settled(place)) {
      snapshot_->prepare(place.group, in.buckets.count());
      if (!marks.is_same(place.bucket, place.slot)) visit_at(in, place, visitor);
      snapshot_->settle(place);
    }
    marks.set_used(place.bucket, place.slot);
    marks.set_changed(place.bucket, place.slot);
    return &found->state;
  }

  /// Whether make_room() has something to do.
  bool is_crowded() const noexcept {
    for (std::size_t index = 0; index < groups_.size(); ++index) {
      if (groups_[index].size > cached_max(index)) return true;
    }
    return false;
  }

  /// Removes entries from groups that have too many, the least recently used ones first, as far as a bit for each can
  /// say that. Before one goes, `visitor(key_group, visited_key_type, State&, changed)` is called: whether it may
  /// differ from the row in the store. If it throws, the entry stays. While a snapshot is running, those stay that have
  /// changed since its moment; false if a group would soon have to grow because of them.
  template <class Visitor>
  bool make_room(Visitor&& visitor) {
    bool has_room = true;
    for (std::size_t index = 0; index < groups_.size(); ++index) {
      const std::size_t most = cached_max(index);
      if (groups_[index].size <= most) continue;
      if (snapshot_ == nullptr) {
        evict(index, most - most / 16, visitor);
      } else {
        evict_in_snapshot(index, most - most / 16, visitor);
        has_room = has_room && !is_full(index);
      }
    }
    return has_room;
  }

  /// Goes on with the running snapshot: calls `visitor(key_group, visited_key_type, State&)` for up to `entries_max`
  /// entries of its moment that differ from their rows in the store, by ascending key group; from then on they do not.
  /// True when that is done. Looks at no more than `entries_max` buckets.
  template <class Visitor>
  bool write_back_slice(std::size_t entries_max, Visitor&& visitor) {
    assert(snapshot_ != nullptr && "begin_snapshot() comes first");
    return slice(entries_max, [&](std::uint32_t key_group, const table_place& place, entry& each) {
      auto& marks = cache_->of(place.group);
      if (marks.is_same(place.bucket, place.slot)) return;
      visitor(key_group, each.visited_key(), each.state);
      marks.set_same(place.bucket, place.slot);
    });
  }

  /// Calls `visitor(key_group, visited_key_type, State&)` for every entry that may differ from its row in the store, by
  /// ascending key group; from then on it does not.
  template <class Visitor>
  void write_back(Visitor&& visitor) {
    assert(snapshot_ == nullptr && "a running snapshot needs write_back_slice()");
    for (std::size_t index = 0; index < groups_.size(); ++index) {
      const group& in = groups_[index];
      auto& marks = cache_->of(index);
      for (std::size_t bucket = 0; bucket < in.buckets.count() && in.size > 0; ++bucket) {
        std::byte* const at = in.buckets.at(bucket * layout.bytes);
        for (auto used = detail::bucket_tags(at).used(); used; used.remove_first()) {
          if (marks.is_same(bucket, used.first())) continue;
          entry& each = *array_type::entry(at, used.first());
          visitor(key_group_at(index), each.visited_key(), each.state);
          marks.set_same(bucket, used.first());
        }
      }
    }
  }

 private:
  using array_type = typename group::array_type;
  using table_place = detail::table_place;
  static constexpr detail::bucket_layout layout = group::layout;

  std::uint32_t key_group_at(std::size_t index) const noexcept {
    return range_.first + static_cast<std::uint32_t>(index);
  }
  const group& group_of(std::uint64_t hash) const noexcept {
    const std::uint64_t key_group = (hash >> 1) >> group_shift_;
    assert(range_.contains(static_cast<std::uint32_t>(key_group)));
    return groups_.data()[key_group - range_.first];
  }
  group& group_of(std::uint64_t hash) noexcept {
    return const_cast<group&>(static_cast<const keyed_table*>(this)->group_of(hash));
  }

  template <class KeyView, class Make>
  [[gnu::noinline]] State& create(group& in, const KeyView& key, std::uint64_t hash, Make& make) {
    if (in.size >= in.threshold) grow(in);
    entry* const made = in.emplace(hash, key, hash, make);
    ++size_;
    return made->state;
  }

  template <class KeyView, class Make>
  [[gnu::noinline]] State& create_settled(group& in, const KeyView& key, std::uint64_t hash, Make& make) {
    if (in.size >= in.threshold) grow(in);
    snapshot_->prepare(index_of(in), in.buckets.count());
    entry* const made = in.emplace(hash, key, hash, make);
    ++size_;
    snapshot_->settle(place_of(in, made));
    return made->state;
  }

  /// Entries that a group may have between two batches: some less than would make it grow.
  std::size_t cached_max(std::size_t index) const noexcept {
    const std::size_t buckets = cache_->buckets_of(index);
    const std::size_t most = static_cast<std::size_t>(group::threshold_of(buckets, index));
    return most - most / 8;
  }

  /// Whether a group is about to grow, or to have more entries than its part of the cache is for: a few at least.
  bool is_full(std::size_t index) const noexcept {
    const group& in = groups_[index];
    const std::uint64_t part = std::max<std::uint64_t>(group::threshold_of(cache_->buckets_of(index), index), 64);
    const std::uint64_t most = std::min<std::uint64_t>(in.threshold, part);
    return in.size > cached_max(index) + cached_max(index) / 16 && in.size > most - most / 16;
  }

  /// Goes on with the clock's hand until the group has `most` entries.
  template <class Visitor>
  void evict(std::size_t index, std::size_t most, Visitor& visitor) {
    const auto any = [](const table_place&) { return true; };
    while (groups_[index].size > most) evict_at_hand(index, most, any, visitor);
  }

  /// The same for entries that a running snapshot lets go: those of its moment as they were then. As these may be few,
  /// looks at a part of the buckets only.
  template <class Visitor>
  void evict_in_snapshot(std::size_t index, std::size_t most, Visitor& visitor) {
    const group& in = groups_[index];
    const auto& marks = cache_->of(index);
    const auto may_go = [&](const table_place& place) {
      return marks.is_same(place.bucket, place.slot) || !snapshot_->is_settled(place);
    };
    std::size_t buckets_left = in.buckets.count() / 8 + 8;
    for (; in.size > most && buckets_left > 0; --buckets_left) evict_at_hand(index, most, may_go, visitor);
  }

  /// In the bucket under the hand; moves the hand on unless enough have gone before.
  template <class MayGo, class Visitor>
  [[gnu::always_inline]] void evict_at_hand(std::size_t index, std::size_t most, const MayGo& may_go,
                                            Visitor& visitor) {
    group& in = groups_[index];
    auto& marks = cache_->of(index);
    const std::size_t bucket = marks.hand;
    std::byte* const at = in.buckets.at(bucket * layout.bytes);
    const detail::bucket_tags tags(at);
    for (auto used = tags.used(); used && in.size > most; used.remove_first()) {
      const unsigned slot = used.first();
      if (marks.is_used(bucket, slot)) {
        marks.set_unused(bucket, slot);
        continue;
      }
      if (!may_go(table_place{index, bucket, slot})) continue;
      entry& each = *array_type::entry(at, slot);
      visitor(key_group_at(index), each.visited_key(), each.state, !marks.is_same(bucket, slot));
      marks.set_changed(bucket, slot);
      in.remove(at, slot, each.hash_with(tags[slot]));
      --size_;
    }
    if (in.size > most) marks.move_hand();
  }

  std::size_t index_of(const group& in) const noexcept { return static_cast<std::size_t>(&in - groups_.data()); }

  /// The place of the entry to which the byte at `part` belongs.
  table_place place_of(const group& in, const void* part) const noexcept {
    return in.place_of(index_of(in), part);
  }
  bool is_settled(const group& in, const entry* of) const noexcept {
    return snapshot_ == nullptr || snapshot_->is_settled(place_of(in, of));
  }

  template <class Visitor>
  void hand_over(const group& in, const void* part, Visitor& visitor) {
    const table_place place = place_of(in, part);
    if (snapshot_->is_settled(place)) return;
    snapshot_->prepare(place.group, in.buckets.count());
    visit_at(in, place, visitor);
    snapshot_->settle(place);
  }

  template <class Visitor>
  void visit_at(const group& in, const table_place& place, Visitor& visitor) const {
    entry& each = in.at(place);
    visitor(key_group_at(place.group), each.visited_key(), each.state);
  }

  /// Goes on with the running snapshot by up to so many entries and buckets: `visitor(key_group, table_place, entry&)`
  /// gets those that are not settled. True when there are no more.
  template <class Visitor>
  [[gnu::always_inline]] bool slice(std::size_t entries_max, Visitor&& visitor) {
    std::size_t entries_left = entries_max;
    std::size_t buckets_left = entries_max;
    for (; snapshot_->next().group < groups_.size(); snapshot_->go_to_next_group()) {
      const std::size_t index = snapshot_->next().group;
      const group& in = groups_[index];
      if (in.size == 0) continue;
      for (; snapshot_->next().bucket < in.buckets.count(); snapshot_->go_to_next_bucket()) {
        if (buckets_left == 0) return false;
        --buckets_left;
        if (!slice_bucket(in, entries_left, visitor)) return false;
      }
    }
    return true;
  }

  /// The rest of the bucket where the snapshot goes on; false if there are more than `entries_left`.
  template <class Visitor>
  bool slice_bucket(const group& in, std::size_t& entries_left, Visitor& visitor) {
    detail::table_snapshot& snapshot = *snapshot_;
    const table_place& place = snapshot.next();
    in.prefetch_ahead_of(place.bucket);
    const unsigned marks = snapshot.marks_of_bucket(place);
    const std::uint32_t key_group = key_group_at(place.group);
    std::byte* const bucket = in.buckets.at(place.bucket * layout.bytes);
    auto used = detail::bucket_tags(bucket).used();
    std::size_t left = entries_left;
    for (used.remove_below(place.slot); used; used.remove_first()) {
      const unsigned slot = used.first();
      if ((marks >> slot & 1) != 0) continue;
      snapshot.go_to_slot(slot);
      if (left == 0) break;
      visitor(key_group, place, *array_type::entry(bucket, slot));
      --left;
    }
    entries_left = left;
    return !used;
  }

  /// Doubles a group's table.
  [[gnu::noinline]] void grow(group& in) { grow(in, in.buckets.count() == 0 ? 1 : in.buckets.count() * 2); }

  void grow(group& in, std::size_t wanted) {
    const std::size_t index = index_of(in);
    detail::table_growth growth(snapshot_.get(), cache_.get(), index, wanted);
    group grown;
    grown.buckets = array_type(wanted);
    for (std::size_t offset = 0; offset < in.buckets.bytes(); offset += layout.bytes) {
      std::byte* const bucket = in.buckets.at(offset);
      detail::bucket_tags tags(bucket);
      for (auto used = tags.used(); used; used.remove_first()) {
        const unsigned slot = used.first();
        entry& moved = *array_type::entry(bucket, slot);
        const entry* const made = grown.emplace(moved.hash_with(tags[slot]), std::move(moved));
        if (growth.takes_marks()) [[unlikely]]
          growth.moved({index, offset / layout.bytes, slot}, grown.place_of(index, made));
      }
    }
    grown.threshold = group::threshold_of(wanted, index);
    bucket_bytes_ += (wanted - in.buckets.count()) * layout.bytes;
    growth.finish();
    in = std::move(grown);
    ++growths_;
  }

  std::vector<group> groups_;
  std::size_t size_ = 0;
  std::size_t bucket_bytes_ = 0;
  std::uint64_t growths_ = 0;
  key_group_range range_;
  unsigned group_shift_;  ///< of a hash without its lowest bit, because one group needs a shift by all 64
  std::unique_ptr<detail::table_snapshot> snapshot_;  ///< null while none is running
  std::unique_ptr<detail::table_cache> cache_;        ///< null unless the table is a cache
};

}  // namespace weir
