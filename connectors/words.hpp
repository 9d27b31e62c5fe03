#pragma once
// words: splits text at white space, for `lines("book.txt") | flat_map(words)`. It borrows: the words are views into
// the text, so nothing is copied until a key or a sink keeps a word. See examples/word_count.
#include <bit>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <ranges>
#include <string_view>

namespace weir {
namespace detail {

/// Bit i is set where bytes[i] is white space, and for every i >= size. Requires size <= 64.
std::uint64_t white_space_mask(const char* bytes, std::size_t size) noexcept;

}  // namespace detail

/// The words of a text, found one by one as they are asked for. A word is a longest run of bytes other than ASCII white
/// space (space, \t, \n, \v, \f, \r): "don't stop," has the words "don't" and "stop,". Case, punctuation and bytes
/// above 127 stay as they are, so UTF-8 text is never cut inside a character. Words are never empty.
class word_range : public std::ranges::view_interface<word_range> {
 public:
  class iterator;

  word_range() = default;
  explicit word_range(std::string_view text) noexcept : text_(text) {}

  iterator begin() const noexcept;
  std::default_sentinel_t end() const noexcept { return {}; }

 private:
  std::string_view text_;
};

/// Looks at 64 bytes at a time: one bit per byte says whether it separates words.
class word_range::iterator {
 public:
  using value_type = std::string_view;
  using difference_type = std::ptrdiff_t;
  using iterator_concept = std::forward_iterator_tag;

  iterator() = default;
  explicit iterator(std::string_view text) noexcept
      : window_(text.data()), end_(text.data() + text.size()), word_(text.data(), 0) {
    look();
    ++*this;
  }

  std::string_view operator*() const noexcept { return word_; }

  iterator& operator++() noexcept {
    const char* const first = find(word_.data() + word_.size(), ~std::uint64_t{0});
    const char* const last = find(first, 0);
    word_ = {first, static_cast<std::size_t>(last - first)};
    return *this;
  }
  iterator operator++(int) noexcept {
    iterator before = *this;
    ++*this;
    return before;
  }

  friend bool operator==(const iterator& left, const iterator& right) noexcept {
    return left.word_.data() == right.word_.data();
  }
  friend bool operator==(const iterator& it, std::default_sentinel_t) noexcept { return it.word_.empty(); }

 private:
  static constexpr std::ptrdiff_t window_bytes = 64;

  void look() noexcept {
    const std::ptrdiff_t rest = end_ - window_;
    separators_ =
        detail::white_space_mask(window_, static_cast<std::size_t>(rest < window_bytes ? rest : window_bytes));
  }

  /// The first separator at or after `from`, or with all bits of `flip` set the first byte that is none; `end_` if
  /// there is none. `from` never lies before the window.
  const char* find(const char* from, std::uint64_t flip) noexcept {
    for (;;) {
      const std::ptrdiff_t offset = from - window_;
      if (offset < window_bytes) {
        const std::uint64_t hits = (separators_ ^ flip) >> offset;
        if (hits != 0) return from + std::countr_zero(hits);
      }
      if (end_ - window_ <= window_bytes) return end_;
      window_ += window_bytes;
      from = from > window_ ? from : window_;
      look();
    }
  }

  const char* window_ = nullptr;
  const char* end_ = nullptr;
  std::uint64_t separators_ = 0;  ///< of the window; what lies behind the text counts as separators
  std::string_view word_;         ///< empty at the end
};

inline word_range::iterator word_range::begin() const noexcept { return iterator(text_); }

/// `flat_map(words)` turns lines into their words; `words(text)` is a range.
inline constexpr auto words = [](std::string_view text) noexcept { return word_range(text); };

}  // namespace weir

/// The words lie in the text, not in the range.
template <>
inline constexpr bool std::ranges::enable_borrowed_range<weir::word_range> = true;
