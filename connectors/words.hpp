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

/// Looks at up to 64 bytes from `window` on, as far as the text from `begin` to `end` goes: bit i is set where
/// window[i] belongs to a word. Requires begin <= window < end; reads nothing outside the text.
std::uint64_t word_mask(const char* begin, const char* window, const char* end) noexcept;

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

/// Looks at 64 bytes at a time: one bit for each place where a word begins, one for each where it ends.
class word_range::iterator {
 public:
  using value_type = std::string_view;
  using difference_type = std::ptrdiff_t;
  using iterator_concept = std::forward_iterator_tag;

  iterator() = default;
  explicit iterator(std::string_view text) noexcept
      : begin_(text.data()), end_(text.data() + text.size()), window_(text.data()), behind_window_(text.data()) {
    ++*this;
  }

  std::string_view operator*() const noexcept { return word_; }

  [[gnu::always_inline]] iterator& operator++() noexcept {
    if (ends_ != 0) [[likely]] {
      take_word();
    } else {
      look_further();
    }
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

  /// The next word that begins and ends in the window.
  [[gnu::always_inline]] void take_word() noexcept {
    const int first = std::countr_zero(starts_);
    word_ = {window_ + first, static_cast<std::size_t>(std::countr_zero(ends_) - first)};
    starts_ &= starts_ - 1;
    ends_ &= ends_ - 1;
  }

  /// The next word that ends in a further window or with the text.
  [[gnu::always_inline]] void look_further() noexcept {
    const char* open = starts_ == 0 ? nullptr : window_ + std::countr_zero(starts_);
    for (;;) {
      if (behind_window_ == end_) {
        starts_ = 0;
        word_ = open == nullptr ? std::string_view(end_, 0) : std::string_view(open, size_of(open, end_));
        return;
      }
      window_ = behind_window_;
      behind_window_ += end_ - window_ < window_bytes ? end_ - window_ : window_bytes;
      const std::uint64_t words = detail::word_mask(begin_, window_, end_);
      const std::uint64_t shifted = words << 1 | (open == nullptr ? 0U : 1U);
      starts_ = words & ~shifted;
      ends_ = shifted & ~words;
      if (ends_ != 0) break;
      if (starts_ != 0) open = window_ + std::countr_zero(starts_);
    }
    if (open == nullptr) return take_word();
    word_ = {open, size_of(open, window_ + std::countr_zero(ends_))};
    ends_ &= ends_ - 1;
  }

  static std::size_t size_of(const char* first, const char* last) noexcept {
    return static_cast<std::size_t>(last - first);
  }

  const char* begin_ = nullptr;
  const char* end_ = nullptr;
  const char* window_ = nullptr;  ///< the bytes looked at last
  const char* behind_window_ = nullptr;
  std::uint64_t starts_ = 0;  ///< of words in the window that were not yet taken
  std::uint64_t ends_ = 0;    ///< of those that end there, just behind them
  std::string_view word_;     ///< empty at the end
};

inline word_range::iterator word_range::begin() const noexcept { return iterator(text_); }

/// `flat_map(words)` turns lines into their words; `words(text)` is a range.
inline constexpr auto words = [](std::string_view text) noexcept { return word_range(text); };

}  // namespace weir

/// The words lie in the text, not in the range.
template <>
inline constexpr bool std::ranges::enable_borrowed_range<weir::word_range> = true;
