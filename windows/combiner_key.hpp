#pragma once
// How a combiner keeps keys: in a form that is found and compared in a few instructions. The stable hash of a key, which
// takes longer, is needed only when its entry is sent.
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include "weir/core/equal.hpp"
#include "weir/core/hash.hpp"
#include "weir/core/owned.hpp"
#include "weir/core/sanitizer.hpp"

namespace weir::detail {

inline constexpr std::uint64_t golden_ratio_bits = 0x9e3779b97f4a7c15u;

/// Pairs, tuples, records, optionals: the stable hash, then the key.
template <class Key, key_kind Kind = kind_of_key<Key>()>
class combiner_key {
 public:
  struct probe {
    std::uint64_t hash;
    std::uint64_t place() const noexcept { return hash; }
  };
  static probe probe_of(const Key& key) { return {stable_hash(key)}; }

  bool holds(const probe& wanted, const Key& key) const {
    return hash_ == wanted.hash && equal_values(static_cast<const Key&>(borrow<Key>(key_)), key);
  }
  void assign(const probe& taken, const Key& key) {
    hash_ = taken.hash;
    key_ = key;
  }
  decltype(auto) get() const { return borrow<Key>(key_); }
  std::uint64_t hash() const noexcept { return hash_; }
  probe to_probe() const noexcept { return {hash_}; }

 private:
  std::uint64_t hash_ = 0;
  owned_t<Key> key_{};
};

/// Integers, enums and times: the value itself.
template <class Key, key_kind Kind>
  requires(Kind == key_kind::integer || Kind == key_kind::enumeration || Kind == key_kind::time)
class combiner_key<Key, Kind> {
 public:
  struct probe {
    Key key;
    /// Fibonacci hashing (Knuth, TAOCP 3, 6.4): the high bits are good.
    std::uint64_t place() const noexcept { return bits() * golden_ratio_bits; }

   private:
    std::uint64_t bits() const noexcept {
      if constexpr (Kind != key_kind::time) {
        return static_cast<std::uint64_t>(key);
      } else if constexpr (requires { key.time_since_epoch(); }) {
        return static_cast<std::uint64_t>(key.time_since_epoch().count());
      } else {
        return static_cast<std::uint64_t>(key.count());
      }
    }
  };
  static probe probe_of(Key key) noexcept { return {key}; }

  bool holds(const probe& wanted, Key) const noexcept { return key_ == wanted.key; }
  void assign(const probe& taken, Key) noexcept { key_ = taken.key; }
  Key get() const noexcept { return key_; }
  std::uint64_t hash() const noexcept { return stable_hash(key_); }
  probe to_probe() const noexcept { return {key_}; }

 private:
  Key key_{};
};

/// Strings: up to 15 bytes and their number in two words, which are the probe, too; a longer one behind a pointer, with
/// 55 bits of its hash.
template <class Key>
class combiner_key<Key, key_kind::text> {
 public:
  struct probe {
    std::uint64_t low;
    std::uint64_t high;
    std::uint64_t place() const noexcept { return (low ^ (high * 0xff51afd7ed558ccdu)) * golden_ratio_bits; }
  };
  [[gnu::always_inline]] static probe probe_of(std::string_view key) noexcept {
    if (key.size() <= inline_max) [[likely]] return inline_probe(key);
    return {0, long_flag | stable_hash(key) >> 9};
  }

  combiner_key() = default;
  combiner_key(combiner_key&& other) noexcept
      : low_(std::exchange(other.low_, 0)), high_(std::exchange(other.high_, 0)) {}
  combiner_key& operator=(combiner_key&& other) noexcept {
    std::swap(low_, other.low_);
    std::swap(high_, other.high_);
    return *this;
  }
  ~combiner_key() { delete owned(); }

  [[gnu::always_inline]] bool holds(const probe& wanted, std::string_view key) const noexcept {
    if (high_ != wanted.high) return false;
    if (low_ == wanted.low) [[likely]] return true;
    return is_long() && *owned() == key;
  }
  void assign(const probe& taken, std::string_view key) {
    if ((taken.high & long_flag) != 0) {
      if (is_long()) {
        *owned() = key;
      } else {
        low_ = reinterpret_cast<std::uintptr_t>(new std::string(key));
      }
    } else {
      delete owned();
      low_ = taken.low;
    }
    high_ = taken.high;
  }
  std::string_view get() const noexcept {
    if (is_long()) return *owned();
    return {reinterpret_cast<const char*>(&low_), high_ >> size_shift};
  }
  std::uint64_t hash() const noexcept { return stable_hash(get()); }
  probe to_probe() const noexcept { return is_long() ? probe{0, high_} : probe{low_, high_}; }

 private:
  static constexpr std::size_t inline_max = 15;
  static constexpr unsigned size_shift = 56;
  static constexpr std::uint64_t long_flag = std::uint64_t{1} << 63;

  bool is_long() const noexcept { return (high_ & long_flag) != 0; }
  std::string* owned() const noexcept { return is_long() ? reinterpret_cast<std::string*>(low_) : nullptr; }

  /// The bytes of a short string, zeros behind them, and its size in the last byte. Sixteen bytes are read whatever the
  /// size, where they lie in one page: then they can be read, and what lies behind the string is masked out.
  [[gnu::always_inline]] static probe inline_probe(std::string_view key) noexcept {
    static_assert(std::endian::native == std::endian::little, "the last byte of `high` is its most significant");
    constexpr std::uintptr_t page = 4096;
    probe made{};
    if (!reads_are_watched && (reinterpret_cast<std::uintptr_t>(key.data()) & (page - 1)) <= page - 16) [[likely]] {
      std::memcpy(&made.low, key.data(), 8);
      std::memcpy(&made.high, key.data() + 8, 8);
      made.low &= masks.low[key.size()];
      made.high &= masks.high[key.size()];
    } else {
      char bytes[16] = {};
      if (!key.empty()) std::memcpy(bytes, key.data(), key.size());
      std::memcpy(&made.low, bytes, 8);
      std::memcpy(&made.high, bytes + 8, 8);
    }
    made.high |= std::uint64_t{key.size()} << size_shift;
    return made;
  }

  struct mask_table {
    std::uint64_t low[16] = {};
    std::uint64_t high[16] = {};
    constexpr mask_table() {
      for (unsigned size = 0; size < 16; ++size) {
        low[size] = size >= 8 ? ~std::uint64_t{0} : (std::uint64_t{1} << (8 * size)) - 1;
        high[size] = size <= 8 ? 0 : (std::uint64_t{1} << (8 * (size - 8))) - 1;
      }
    }
  };
  static constexpr mask_table masks{};

  std::uint64_t low_ = 0;  ///< the first bytes, or the address of a std::string
  std::uint64_t high_ = 0;
};

}  // namespace weir::detail
