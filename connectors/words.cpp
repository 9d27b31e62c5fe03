#include "weir/connectors/words.hpp"

#ifdef __SSSE3__
#include <tmmintrin.h>
#elif defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace weir::detail {
namespace {

/// The five control characters from \t to \r are neighbours: 9 to 13.
bool is_white(char byte) noexcept { return byte == ' ' || static_cast<unsigned char>(byte - '\t') <= '\r' - '\t'; }

std::uint64_t words_in_few(const char* bytes, std::ptrdiff_t size) noexcept {
  std::uint64_t words = 0;
  for (std::ptrdiff_t i = 0; i < size; ++i) words |= std::uint64_t{!is_white(bytes[i])} << i;
  return words;
}

#ifdef __SSE2__

/// Bit i: bytes[i] belongs to a word, for 16 bytes.
std::uint64_t words_in_16(const char* bytes) noexcept {
  const __m128i text = _mm_loadu_si128(reinterpret_cast<const __m128i*>(bytes));
#ifdef __SSSE3__
  // At the low four bits of each white byte stands this byte, elsewhere one with other low bits.
  const __m128i by_low_bits = _mm_setr_epi8(' ', 0, 0, 0, 0, 0, 0, 0, 0, '\t', '\n', '\v', '\f', '\r', 0, 0);
  const __m128i white = _mm_cmpeq_epi8(_mm_shuffle_epi8(by_low_bits, text), text);
#else
  const __m128i breadth = _mm_set1_epi8('\r' - '\t');
  const __m128i above_tab = _mm_sub_epi8(text, _mm_set1_epi8('\t'));
  const __m128i controls = _mm_cmpeq_epi8(_mm_min_epu8(above_tab, breadth), above_tab);
  const __m128i white = _mm_or_si128(controls, _mm_cmpeq_epi8(text, _mm_set1_epi8(' ')));
#endif
  return static_cast<std::uint32_t>(~_mm_movemask_epi8(white)) & 0xffff;
}

#endif

}  // namespace

#ifdef __SSE2__

std::uint64_t word_mask(const char* begin, const char* window, const char* end) noexcept {
  const std::ptrdiff_t size = end - window;
  if (size >= 64) {
    return words_in_16(window) | words_in_16(window + 16) << 16 | words_in_16(window + 32) << 32 |
           words_in_16(window + 48) << 48;
  }
  // The last 16 bytes overlap those before: no byte behind the text is read, and nothing depends on the size.
  const std::ptrdiff_t last = size - 16;
  if (last >= 0) {
    const std::ptrdiff_t second = last < 16 ? last : 16;
    const std::ptrdiff_t third = last < 32 ? last : 32;
    return words_in_16(window) | words_in_16(window + second) << second | words_in_16(window + third) << third |
           words_in_16(window + last) << last;
  }
  if (end - begin >= 16) return words_in_16(end - 16) >> -last;
  return words_in_few(window, size);
}

#else

std::uint64_t word_mask(const char*, const char* window, const char* end) noexcept {
  return words_in_few(window, end - window < 64 ? end - window : 64);
}

#endif

}  // namespace weir::detail
