#pragma once
// Counts of words of up to 16 letters, by hand: open addressing, and entries that hold the word itself in two numbers.
// Used by the word count written by hand.
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <vector>

namespace weir::benchmarks {

class word_table {
 public:
  /// 16 bytes from `word` on must be readable.
  [[gnu::always_inline]] void add(const char* word, std::size_t size) {
    add(letters(word, size), size > 8 ? letters(word + 8, size - 8) : 0, 1);
  }
  void add(const word_table& other) {
    for (const entry& each : other.entries_) {
      if (each.count != 0) add(each.first, each.second, each.count);
    }
  }

  /// Calls `visit(word, count)` for every word.
  template <class Visit>
  void for_each(Visit&& visit) const {
    for (const entry& each : entries_) {
      if (each.count == 0) continue;
      char word[16];
      std::memcpy(word, &each.first, 8);
      std::memcpy(word + 8, &each.second, 8);
      visit(std::string(word, ::strnlen(word, 16)), static_cast<std::int64_t>(each.count));
    }
  }

 private:
  struct entry {
    std::uint64_t first = 0;
    std::uint64_t second = 0;
    std::uint64_t count = 0;  // 0: free
  };

  [[gnu::always_inline]] static std::uint64_t letters(const char* word, std::size_t size) {
    std::uint64_t bytes = 0;
    std::memcpy(&bytes, word, 8);
    return size >= 8 ? bytes : bytes & ((std::uint64_t{1} << (8 * size)) - 1);
  }

  [[gnu::always_inline]] void add(std::uint64_t first, std::uint64_t second, std::uint64_t count) {
    const std::uint64_t hash = (first ^ (second * 0x9e3779b97f4a7c15U)) * 0xff51afd7ed558ccdU;
    for (std::size_t at = hash >> shift_;; at = at + 1 < entries_.size() ? at + 1 : 0) {
      entry& found = entries_[at];
      if (found.first == first && found.second == second) [[likely]] {
        found.count += count;
        return;
      }
      if (found.count == 0) {
        found = {first, second, count};
        if (++used_ > entries_.size() / 2) grow();
        return;
      }
    }
  }

  [[gnu::noinline]] void grow() {
    std::vector<entry> old(2 * entries_.size());
    old.swap(entries_);
    --shift_;
    used_ = 0;
    for (const entry& each : old) {
      if (each.count != 0) add(each.first, each.second, each.count);
    }
  }

  int shift_ = 64 - 18;
  std::size_t used_ = 0;
  std::vector<entry> entries_ = std::vector<entry>(std::size_t{1} << 18);
};

}  // namespace weir::benchmarks
