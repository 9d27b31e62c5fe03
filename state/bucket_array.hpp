#pragma once
// The memory of one key group's table: an array of buckets of eight slots, each slot marked by a tag of one byte, so
// that a lookup compares eight tags at once and touches only keys that are very likely equal.
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <new>
#include <type_traits>
#include <utility>

namespace weir::detail {

/// Tags: 0 = never used, 1 = erased in a full bucket (a lookup goes on past it), 0x80..0xff = used: low bits of the
/// hash.
inline constexpr std::uint8_t tag_empty = 0;
inline constexpr std::uint8_t tag_erased = 1;

constexpr std::uint8_t tag_of(std::uint64_t hash) noexcept { return static_cast<std::uint8_t>(hash | 0x80u); }

/// Slots of a bucket as a set of bytes; the lowest is taken first.
class slot_set {
 public:
  constexpr explicit slot_set(std::uint64_t high_bits) noexcept : bits_(high_bits) {}
  constexpr explicit operator bool() const noexcept { return bits_ != 0; }
  constexpr unsigned first() const noexcept { return static_cast<unsigned>(std::countr_zero(bits_)) / 8; }
  constexpr void remove_first() noexcept { bits_ &= bits_ - 1; }

 private:
  std::uint64_t bits_;
};

template <class Entry>
struct bucket {
  static constexpr unsigned slots = 8;

  std::uint8_t tags[slots];
  alignas(Entry) std::byte room[slots * sizeof(Entry)];

  Entry* entry(unsigned slot) noexcept { return std::launder(reinterpret_cast<Entry*>(room) + slot); }

  /// Slots that may hold `tag`: all that do and, rarely, one above such a slot that does not.
  slot_set with_tag(std::uint8_t tag) const noexcept {
    const std::uint64_t differences = word() ^ (tag * low_bits);
    return slot_set((differences - low_bits) & ~differences & high_bits);
  }
  slot_set used() const noexcept { return slot_set(word() & high_bits); }
  /// Never used or erased.
  slot_set free() const noexcept { return slot_set(~word() & high_bits); }
  bool has_empty() const noexcept { return static_cast<bool>(with_tag(tag_empty)); }

 private:
  static constexpr std::uint64_t low_bits = 0x0101010101010101u;
  static constexpr std::uint64_t high_bits = 0x8080808080808080u;
  static_assert(std::endian::native == std::endian::little, "slot_set counts bytes from the low end");

  std::uint64_t word() const noexcept {
    std::uint64_t value;
    std::memcpy(&value, tags, sizeof value);
    return value;
  }
};

/// Owns 2^n buckets and the entries in them; or nothing.
template <class Entry>
class bucket_array {
 public:
  bucket_array() = default;
  explicit bucket_array(std::size_t count) : buckets_(allocate(count)), count_(count) {
    for (std::size_t i = 0; i < count; ++i) std::memset(buckets_[i].tags, tag_empty, sizeof buckets_[i].tags);
  }
  bucket_array(bucket_array&& other) noexcept
      : buckets_(std::exchange(other.buckets_, nullptr)), count_(std::exchange(other.count_, 0)) {}
  bucket_array& operator=(bucket_array&& other) noexcept {
    std::swap(buckets_, other.buckets_);
    std::swap(count_, other.count_);
    return *this;
  }
  ~bucket_array() {
    if (buckets_ == nullptr) return;
    clear();
    std::allocator<bucket<Entry>>().deallocate(buckets_, count_);
  }

  std::size_t count() const noexcept { return count_; }
  bucket<Entry>* data() const noexcept { return buckets_; }

  /// Destroys all entries and keeps the memory.
  void clear() noexcept {
    for (std::size_t i = 0; i < count_; ++i) {
      if constexpr (!std::is_trivially_destructible_v<Entry>) {
        for (slot_set used = buckets_[i].used(); used; used.remove_first()) {
          std::destroy_at(buckets_[i].entry(used.first()));
        }
      }
      std::memset(buckets_[i].tags, tag_empty, sizeof buckets_[i].tags);
    }
  }

 private:
  static bucket<Entry>* allocate(std::size_t count) {
    bucket<Entry>* const buckets = std::allocator<bucket<Entry>>().allocate(count);
    for (std::size_t i = 0; i < count; ++i) ::new (static_cast<void*>(buckets + i)) bucket<Entry>;
    return buckets;
  }

  bucket<Entry>* buckets_ = nullptr;
  std::size_t count_ = 0;
};

}  // namespace weir::detail
