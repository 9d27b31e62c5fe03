#pragma once
// What keyed_table stores for a key: the key in the form that compares fastest, its hash where that pays, the state.
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <type_traits>
#include <utility>

#include "weir/core/equal.hpp"
#include "weir/core/hash.hpp"
#include "weir/core/owned.hpp"
#include "weir/state/bucket_array.hpp"
#include "weir/state/stored_text.hpp"

namespace weir::detail {

template <class Key, class State>
struct table_entry {
  static constexpr bool is_text = kind_of_key<Key>() == key_kind::text;
  /// Hashing a short key again is cheaper than loading its hash; for others the stored hash also saves comparisons.
  static constexpr bool stores_hash = !is_text &&
                                      kind_of_key<Key>() > key_kind::enumeration&& kind_of_key<Key>() != key_kind::time;
  struct no_hash {
    explicit no_hash(std::uint64_t) {}
  };
  using hash_type = std::conditional_t<stores_hash, std::uint64_t, no_hash>;
  using stored_key_type = std::conditional_t<is_text, stored_text, owned_t<Key>>;
  using visited_key_type = std::conditional_t<is_text, std::string_view, const owned_t<Key>&>;

  template <class KeyView, class Make>
  table_entry(const KeyView& from, std::uint64_t hash, Make& make)
      : hash(hash), key(stored(from, hash)), state(make()) {}
  table_entry(table_entry&&) = default;

  visited_key_type visited_key() const noexcept {
    if constexpr (is_text) {
      return key.view();
    } else {
      return key;
    }
  }

  template <class KeyView>
  bool matches(const KeyView& other, std::uint64_t other_hash) const noexcept {
    if constexpr (stores_hash) {
      if (hash != other_hash) return false;
    }
    if constexpr (is_text) {
      return key.equals(other, other_hash);
    } else if constexpr (std::is_same_v<KeyView, Key>) {
      return equal_values(static_cast<const Key&>(borrow<Key>(key)), other);
    } else {
      return key == other;
    }
  }

  /// The hash of the key, whose tag is `tag`, as far as it decides about the bucket and the tag.
  std::uint64_t hash_with(std::uint8_t tag) const noexcept {
    static_cast<void>(tag);
    if constexpr (stores_hash) {
      return hash;
    } else if constexpr (is_text) {
      static_assert((stored_text::hash_mask & bucket_tags::hash_mask) == 0);
      return key.is_allocated() ? key.allocated_hash() | bucket_tags::hash_of(tag) : stable_hash(key.view());
    } else {
      return stable_hash(key);
    }
  }

  /// Of a large entry loads the beginning; what lies behind is left to the processor's own prefetching. Of a text loads
  /// the bytes.
  void prefetch_parts() const noexcept {
    if constexpr (bucket_array<table_entry>::layout.bytes > 2 * cache_line_bytes) {
      constexpr std::size_t bytes = sizeof(table_entry) < 256 ? sizeof(table_entry) : 256;
      const auto* const first = reinterpret_cast<const std::byte*>(this);
      for (std::size_t at = 0; at < bytes; at += cache_line_bytes) prefetch_line(first + at);
      prefetch_line(first + bytes - 1);
    } else {
      prefetch_text();
    }
  }
  /// The bytes of a long string that is the key.
  void prefetch_text() const noexcept {
    if constexpr (is_text) {
      if (!key.is_allocated()) return;
      const std::string_view text = key.view();
      prefetch_line(text.data());
      prefetch_line(text.data() + text.size() - 1);
    }
  }

  [[no_unique_address]] hash_type hash;
  stored_key_type key;
  State state;

 private:
  template <class KeyView>
  static stored_key_type stored(const KeyView& key, [[maybe_unused]] std::uint64_t hash) {
    if constexpr (is_text) {
      return stored_key_type(key, hash);
    } else {
      return stored_key_type(key);
    }
  }
};

}  // namespace weir::detail
