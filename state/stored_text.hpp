#pragma once
// A string key as keyed_table stores it: 16 bytes, and no allocation for short strings.
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

#include "weir/state/counted_memory.hpp"

namespace weir::detail {

/// A copy of `text` for stored_text, made with new[]. Throws weir::error above 4 GiB.
const char* copy_text(std::string_view text);

/// The word at `bytes`, whatever its alignment.
template <class Word>
Word load_word(const char* bytes) noexcept {
  Word word;
  std::memcpy(&word, bytes, sizeof word);
  return word;
}

/// Whether up to 16 bytes are equal, without a call: two words that may overlap cover every size from one to two words.
inline bool equal_short_bytes(const char* left, const char* right, std::size_t size) noexcept {
  const auto equal = [=]<class Word>(Word) {
    const std::size_t last = size - sizeof(Word);
    return ((load_word<Word>(left) ^ load_word<Word>(right)) |
            (load_word<Word>(left + last) ^ load_word<Word>(right + last))) == 0;
  };
  if (size >= 8) return equal(std::uint64_t{});
  if (size >= 4) return equal(std::uint32_t{});
  if (size >= 2) return equal(std::uint16_t{});
  return size == 0 || *left == *right;
}

/// A text that owns its bytes, in place up to 12 and in an allocation of its own above. In that case it also keeps 32
/// bits of the hash, which tell it from nearly all other texts, and a table that grows where it goes, without a look at
/// the allocation. The allocation is counted (counted_memory.hpp).
class stored_text {
 public:
  stored_text(std::string_view text, std::uint64_t hash) : size_(static_cast<std::uint32_t>(text.size())) {
    if (text.size() <= inline_max) {
      if (!text.empty()) std::memcpy(bytes_, text.data(), text.size());
      return;
    }
    const char* const allocation = copy_text(text);
    count_allocated(text.size());
    const std::uint32_t part = part_of(hash);
    std::memcpy(bytes_ + part_at, &part, sizeof part);
    std::memcpy(bytes_ + allocation_at, &allocation, sizeof allocation);
  }
  stored_text(stored_text&& other) noexcept : size_(other.size_) {
    std::memcpy(bytes_, other.bytes_, sizeof bytes_);
    other.size_ = 0;
  }
  stored_text& operator=(stored_text&&) = delete;
  ~stored_text() {
    if (!is_allocated()) return;
    count_freed(size_);
    delete[] allocation();
  }

  /// Valid until this object is moved or destroyed.
  std::string_view view() const noexcept { return {is_allocated() ? allocation() : bytes_, size_}; }

  /// Whether it is the text `other`, whose hash is `hash`.
  bool equals(std::string_view other, std::uint64_t hash) const noexcept {
    if (size_ != other.size()) return false;
    if (!is_allocated()) return equal_short_bytes(bytes_, other.data(), size_);
    return part() == part_of(hash) && std::memcmp(allocation(), other.data(), size_) == 0;
  }

  /// Its bytes lie elsewhere.
  bool is_allocated() const noexcept { return is_allocated(size_); }
  static constexpr bool is_allocated(std::size_t size) noexcept { return size > inline_max; }

  /// The bits of the hash that are kept with an allocation, in their places.
  static constexpr std::uint64_t hash_mask = std::uint64_t{0xffffffff} << 6;
  std::uint64_t allocated_hash() const noexcept { return std::uint64_t{part()} << 6; }

 private:
  static constexpr std::size_t inline_max = 12;
  static constexpr std::size_t part_at = 0;
  static constexpr std::size_t allocation_at = 4;

  static std::uint32_t part_of(std::uint64_t hash) noexcept { return static_cast<std::uint32_t>(hash >> 6); }
  std::uint32_t part() const noexcept { return load_word<std::uint32_t>(bytes_ + part_at); }
  const char* allocation() const noexcept { return load_word<const char*>(bytes_ + allocation_at); }

  std::uint32_t size_;
  char bytes_[inline_max] = {};
};
static_assert(sizeof(stored_text) == 16);

}  // namespace weir::detail
