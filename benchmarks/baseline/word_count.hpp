#pragma once
// Word count by hand: blocks of the file, 64 bytes looked at together for where words begin and end, and a table made
// for short words. Written with SSE2, which every amd64 machine has; elsewhere byte by byte.
#if defined(__x86_64__)
#include <emmintrin.h>
#endif

#include <bit>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "benchmarks/baseline/text_blocks.hpp"
#include "benchmarks/baseline/word_table.hpp"

namespace weir::benchmarks {

#if defined(__x86_64__)
/// Bit i is set where text[i] is no white space or control character.
[[gnu::always_inline]] inline std::uint64_t letters_mask(const char* text) {
  std::uint64_t mask = 0;
  for (int part = 0; part < 4; ++part) {
    const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(text + 16 * part));
    const __m128i space = _mm_cmpeq_epi8(_mm_min_epu8(bytes, _mm_set1_epi8(' ')), bytes);
    mask |= std::uint64_t{static_cast<std::uint32_t>(_mm_movemask_epi8(space))} << (16 * part);
  }
  return ~mask;
}

/// Calls `visit(word, size)` for the words of a text that ends in white space; 64 bytes behind it must be readable.
template <class Visit>
[[gnu::always_inline]] inline void for_each_word(const char* text, std::size_t size, Visit&& visit) {
  const char* begun = nullptr;  // the word that goes on from the window before
  for (std::size_t window = 0; window < size; window += 64) {
    std::uint64_t letters = letters_mask(text + window);
    if (size - window < 64) letters &= (std::uint64_t{1} << (size - window)) - 1;
    // A bit at each place where a word begins or ends.
    std::uint64_t edges = letters ^ (letters << 1 | (begun == nullptr ? 0U : 1U));
    const auto next_edge = [&] {
      const char* const edge = text + window + std::countr_zero(edges);
      edges &= edges - 1;
      return edge;
    };
    if (begun != nullptr) {
      if (edges == 0) continue;
      visit(begun, static_cast<std::size_t>(next_edge() - begun));
      begun = nullptr;
    }
    while (edges != 0) {
      const char* const first = next_edge();
      if (edges == 0) {
        begun = first;
        break;
      }
      visit(first, static_cast<std::size_t>(next_edge() - first));
    }
  }
}
#else
template <class Visit>
void for_each_word(const char* text, std::size_t size, Visit&& visit) {
  const char* const end = text + size;
  while (text < end) {
    const char* const first = text;
    while (static_cast<unsigned char>(*text) > ' ') ++text;
    if (text > first) visit(first, static_cast<std::size_t>(text - first));
    ++text;
  }
}
#endif

/// The lines that begin between the offsets `begin` and `end`.
[[gnu::noinline]] inline void hand_word_count(const std::string& path, std::size_t begin, std::size_t end,
                                              word_table& counts) {
  for_each_block(path, begin, end, 128, [&](const char* text, std::size_t size) {
    for_each_word(text, size, [&](const char* word, std::size_t letters) __attribute__((always_inline)) {
      counts.add(word, letters);
    });
  });
}

/// Each thread counts a part of the file in a table of its own; the tables are added up at the end.
inline word_table hand_word_count(const std::string& path, std::size_t threads) {
  const std::size_t bytes = std::filesystem::file_size(path);
  std::vector<word_table> tables(threads);
  const auto count_part = [&](std::size_t i) {
    hand_word_count(path, bytes * i / threads, bytes * (i + 1) / threads, tables[i]);
  };
  std::vector<std::thread> running;
  for (std::size_t i = 1; i < threads; ++i) running.emplace_back(count_part, i);
  count_part(0);
  for (auto& each : running) each.join();
  for (std::size_t i = 1; i < threads; ++i) tables[0].add(tables[i]);
  return std::move(tables[0]);
}

}  // namespace weir::benchmarks
