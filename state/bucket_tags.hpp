#pragma once
// The tags of a bucket: one byte per slot, so that a lookup compares all slots at once and touches only keys that are
// very likely equal. See bucket_array.hpp.
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>

namespace weir::detail {

// With SSE2 a set of slots has one bit per slot, else one byte. Defining WEIR_PORTABLE_TAGS takes the second form,
// which every little-endian processor has: tests/state runs both.
#if defined(__SSE2__) && !defined(WEIR_PORTABLE_TAGS)
#define WEIR_VECTOR_TAGS 1
#endif

/// Slots of a bucket as a set; the lowest is taken first.
class slot_set {
 public:
#ifdef WEIR_VECTOR_TAGS
  using mark_type = std::uint32_t;
  static constexpr unsigned mark_bits = 1;
#else
  using mark_type = std::uint64_t;
  static constexpr unsigned mark_bits = 8;
#endif

  constexpr explicit slot_set(mark_type marks) noexcept : marks_(marks) {}

  constexpr explicit operator bool() const noexcept { return marks_ != 0; }
  constexpr unsigned first() const noexcept { return static_cast<unsigned>(std::countr_zero(marks_)) / mark_bits; }
  constexpr void remove_first() noexcept { marks_ &= marks_ - 1; }
  constexpr void remove_below(unsigned slot) noexcept { marks_ &= ~mark_type{0} << slot * mark_bits; }

 private:
  mark_type marks_;
};

/// The first eight bytes of a bucket, where they lie. Seven are tags: 0 = free, 0x80..0xff = used: seven bits of the
/// hash. The last one counts the keys that wanted this bucket or an earlier one and have gone past it because it was
/// full: a lookup goes on only behind a bucket that was passed, so erasing leaves no marks behind. The count stays at
/// 255 once it is there.
class bucket_tags {
 public:
  static constexpr unsigned slots_max = 7;
  static constexpr std::size_t bytes = 8;

  explicit bucket_tags(std::byte* at) noexcept : at_(at) {}

  /// These bits of a hash choose the tag; those above choose the key group, those below the bucket.
  static constexpr std::uint64_t hash_mask = std::uint64_t{0x7f} << 40;
  static constexpr std::uint8_t tag_of(std::uint64_t hash) noexcept {
    return static_cast<std::uint8_t>(hash >> 40 | 0x80u);
  }
  /// What `tag_of` kept of the hash, in its place.
  static constexpr std::uint64_t hash_of(std::uint8_t tag) noexcept { return std::uint64_t{tag} << 40 & hash_mask; }

  std::uint8_t operator[](unsigned slot) const noexcept { return static_cast<std::uint8_t>(at_[slot]); }
  void set(unsigned slot, std::uint8_t tag) noexcept { at_[slot] = static_cast<std::byte>(tag); }
  void clear() noexcept { std::memset(at_, 0, bytes); }

  bool passed() const noexcept { return at_[passing_at] != std::byte{0}; }
  void add_passing() noexcept { change_passing(1); }
  void remove_passing() noexcept { change_passing(-1); }

  /// A tag in every byte, as `equal_to` wants it.
  static constexpr std::uint64_t pattern_of(std::uint64_t hash) noexcept { return tag_of(hash) * low_bits; }

#ifdef WEIR_VECTOR_TAGS
  /// The slots that hold a tag.
  slot_set equal_to(std::uint64_t pattern) const noexcept {
    return slot_set(high_bits(load() == vector_of(pattern)) & mask(slots_max));
  }
  slot_set used() const noexcept { return slot_set(high_bits(load()) & mask(slots_max)); }
  /// Of the first `slots`.
  slot_set free(unsigned slots) const noexcept { return slot_set(~high_bits(load()) & mask(slots)); }

 private:
  using vector [[gnu::vector_size(16)]] = char;
  using words [[gnu::vector_size(16)]] = long long;

  static constexpr std::uint32_t mask(unsigned slots) noexcept { return (std::uint32_t{1} << slots) - 1; }

  template <class Vector>
  static std::uint32_t high_bits(Vector of) noexcept {
    return static_cast<std::uint32_t>(__builtin_ia32_pmovmskb128(reinterpret_cast<vector>(of)));
  }
  static vector vector_of(std::uint64_t word) noexcept {
    return reinterpret_cast<vector>(words{static_cast<long long>(word), 0});
  }
  vector load() const noexcept {
    std::uint64_t word;
    std::memcpy(&word, at_, sizeof word);
    return vector_of(word);
  }
#else
  /// The slots that hold a tag and, rarely, one above such a slot that does not.
  slot_set equal_to(std::uint64_t pattern) const noexcept {
    const std::uint64_t differences = load() ^ pattern;
    return slot_set((differences - low_bits) & ~differences & mask(slots_max));
  }
  slot_set used() const noexcept { return slot_set(load() & mask(slots_max)); }
  /// Of the first `slots`.
  slot_set free(unsigned slots) const noexcept { return slot_set(~load() & mask(slots)); }

 private:
  static_assert(std::endian::native == std::endian::little, "slot_set counts bytes from the low end");

  static constexpr std::uint64_t mask(unsigned slots) noexcept {
    return 0x8080808080808080u & ~(~std::uint64_t{0} << slots * 8);
  }
  std::uint64_t load() const noexcept {
    std::uint64_t word;
    std::memcpy(&word, at_, sizeof word);
    return word;
  }
#endif

  static constexpr std::uint64_t low_bits = 0x0101010101010101u;
  static constexpr std::size_t passing_at = 7;
  static constexpr unsigned passing_max = 255;

  void change_passing(int by) noexcept {
    const unsigned passing = static_cast<unsigned>(at_[passing_at]);
    if (passing != passing_max) at_[passing_at] = static_cast<std::byte>(passing + static_cast<unsigned>(by));
  }

  std::byte* at_;
};

}  // namespace weir::detail
