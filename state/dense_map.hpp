#pragma once
// The map behind a map_state: entries lie one behind the other, so that iteration is fast and has the same order in
// every run and after a restore, whatever the library; an index over them is made when there are more than a few.
#include <bit>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <type_traits>
#include <utility>
#include <vector>

#include "weir/core/equal.hpp"
#include "weir/core/hash.hpp"
#include "weir/state/counted_memory.hpp"
#include "weir/state/slim_vector.hpp"

namespace weir {

/// One entry of a map_state.
template <class Key, class Value>
struct map_entry {
  Key key;
  Value value;
};

namespace detail {

/// A map that costs a pointer while it is empty. Positions count from 0; those behind an erased entry do not move, but
/// the last entry takes its place.
template <class Key, class Value>
class dense_map {
 public:
  using entry = map_entry<Key, Value>;
  static constexpr std::size_t npos = ~std::size_t{0};

  bool empty() const noexcept { return body_ == nullptr; }
  std::size_t size() const noexcept { return body_ == nullptr ? 0 : body_->entries.size(); }
  entry* begin() noexcept { return body_ == nullptr ? nullptr : body_->entries.begin(); }
  const entry* begin() const noexcept { return const_cast<dense_map*>(this)->begin(); }
  const entry* end() const noexcept { return begin() + size(); }
  entry& operator[](std::size_t position) noexcept { return body_->entries[position]; }

  /// The position of `key`, or npos. Takes a Key, or a string of the other kind.
  template <class KeyView>
  std::size_t find(const KeyView& key) const noexcept {
    if (body_ == nullptr) return npos;
    if (!body_->index.empty()) return body_->find(key, stable_hash(key));
    for (std::size_t position = 0; position < body_->entries.size(); ++position) {
      if (same(body_->entries[position].key, key)) return position;
    }
    return npos;
  }

  /// Appends an entry, whose key must not be there, and returns it.
  template <class KeyView, class... Arguments>
  entry& append(const KeyView& key, Arguments&&... arguments) {
    if (body_ == nullptr) body_ = std::make_unique<body>();
    entry& made = body_->entries.emplace_back(entry{Key(key), Value(std::forward<Arguments>(arguments)...)});
    if (body_->entries.size() > scanned_max || !body_->index.empty()) body_->add_last(stable_hash(key));
    return made;
  }

  /// Removes the entry at `position`; the last one takes its place.
  void erase(std::size_t position) noexcept {
    auto& entries = body_->entries;
    const std::size_t last = entries.size() - 1;
    if (!body_->index.empty()) body_->remove(position, stable_hash(entries[position].key));
    if (position != last) {
      if (!body_->index.empty()) body_->move(last, position, stable_hash(entries[last].key));
      std::swap(entries[position], entries[last]);
    }
    entries.pop_back();
    if (entries.empty()) body_.reset();
  }

  void clear() noexcept { body_.reset(); }

  /// Bytes on the heap, without what keys and values own there. All of them are counted (counted_memory.hpp).
  std::size_t memory_bytes() const noexcept {
    if (body_ == nullptr) return 0;
    return heap_bytes(sizeof(body)) + body_->entries.memory_bytes() + heap_bytes(body_->index_bytes());
  }

 private:
  /// Up to so many entries are found by looking at each.
  static constexpr std::size_t scanned_max = 8;

  template <class KeyView>
  static bool same(const Key& held, const KeyView& key) noexcept {
    if constexpr (std::is_same_v<Key, KeyView>) {
      return equal_values(held, key);
    } else {
      return held == key;
    }
  }

  /// The index is open addressed and at most half full. A slot holds 32 bits of the hash above the position + 1.
  struct body {
    slim_vector<entry> entries;
    std::vector<std::uint64_t> index;

    body() noexcept { count_allocated(sizeof(body)); }
    body(const body&) = delete;
    body& operator=(const body&) = delete;
    ~body() {
      count_freed(index_bytes());
      count_freed(sizeof(body));
    }

    std::size_t index_bytes() const noexcept { return index.capacity() * sizeof(std::uint64_t); }

    static constexpr std::uint64_t position_bits = 0xffffffff;
    static std::uint64_t slot_of(std::size_t position, std::uint64_t hash) noexcept {
      return (hash & ~position_bits) | (position + 1);
    }
    std::size_t home_of(std::uint64_t slot) const noexcept { return (slot >> 32) & (index.size() - 1); }
    std::size_t next(std::size_t place) const noexcept { return (place + 1) & (index.size() - 1); }

    template <class KeyView>
    std::size_t find(const KeyView& key, std::uint64_t hash) const noexcept {
      for (std::size_t place = home_of(hash); index[place] != 0; place = next(place)) {
        if ((index[place] ^ hash) > position_bits) continue;
        const std::size_t position = (index[place] & position_bits) - 1;
        if (same(entries[position].key, key)) return position;
      }
      return npos;
    }

    std::size_t place_of(std::size_t position, std::uint64_t hash) const noexcept {
      const std::uint64_t slot = slot_of(position, hash);
      std::size_t place = home_of(slot);
      while (index[place] != slot) place = next(place);
      return place;
    }

    void put(std::uint64_t slot) noexcept {
      std::size_t place = home_of(slot);
      while (index[place] != 0) place = next(place);
      index[place] = slot;
    }

    /// Takes in the last entry.
    void add_last(std::uint64_t hash) {
      if (2 * entries.size() <= index.size()) {
        put(slot_of(entries.size() - 1, hash));
        return;
      }
      std::vector<std::uint64_t> larger(std::bit_ceil(4 * entries.size()), 0);
      count_freed(index_bytes());
      index.swap(larger);
      count_allocated(index_bytes());
      for (std::size_t position = 0; position < entries.size(); ++position) {
        put(slot_of(position, stable_hash(entries[position].key)));
      }
    }

    /// Closes the gap, so that every search still ends at the first free slot.
    void remove(std::size_t position, std::uint64_t hash) noexcept {
      std::size_t gap = place_of(position, hash);
      for (std::size_t place = next(gap); index[place] != 0; place = next(place)) {
        const std::size_t home = home_of(index[place]);
        const std::size_t mask = index.size() - 1;
        if (((place - home) & mask) < ((place - gap) & mask)) continue;
        index[gap] = index[place];
        gap = place;
      }
      index[gap] = 0;
    }

    void move(std::size_t from, std::size_t to, std::uint64_t hash) noexcept {
      index[place_of(from, hash)] = slot_of(to, hash);
    }
  };

  std::unique_ptr<body> body_;
};

}  // namespace detail
}  // namespace weir
