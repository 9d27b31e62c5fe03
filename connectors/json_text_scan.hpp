#pragma once
// What quick_json_parser asks about many bytes at once.
//
//   find_special<PassUtf8>(place, end)   the first byte at or after `place` that ends a run of plain text: a quote, a
//                                        backslash, a control character or, unless `PassUtf8`, a byte above 127; if
//                                        there is none before `end`, some place at or behind `end`
//   equal_32(place, wanted, ignored)     whether 32 bytes are those wanted, bits set in `ignored` excepted
//
// `find_special` reads 32 bytes at `place` in any case, and up to 32 behind `end`.
#include <bit>
#include <cstdint>

#ifdef __SSE2__
#include <emmintrin.h>
#endif

namespace weir::detail {

#ifdef __SSE2__

using text_16 = __m128i;

[[gnu::always_inline]] inline text_16 load_16(const char* bytes) noexcept {
  return _mm_loadu_si128(reinterpret_cast<const text_16*>(bytes));
}

/// The sign bit of every byte.
[[gnu::always_inline]] inline std::uint32_t signs_of(text_16 bytes) noexcept {
  return static_cast<std::uint32_t>(_mm_movemask_epi8(bytes));
}

/// Bit i: byte i ends a run of plain text. With bit 1 flipped, quotes and control characters are what lies below '!';
/// bytes above 127, which are negative, lie there too.
template <bool PassUtf8>
[[gnu::always_inline]] inline std::uint32_t special_in_16(const char* bytes) noexcept {
  const text_16 text = load_16(bytes);
  const text_16 low = _mm_subs_epi8(_mm_xor_si128(text, _mm_set1_epi8(2)), _mm_set1_epi8('!'));
  const std::uint32_t found = signs_of(_mm_or_si128(low, _mm_cmpeq_epi8(text, _mm_set1_epi8('\\'))));
  return PassUtf8 ? found & ~signs_of(text) : found;
}

template <bool PassUtf8>
[[gnu::always_inline]] inline const char* find_special(const char* place, const char* end) noexcept {
  do {
    const std::uint32_t found = special_in_16<PassUtf8>(place) | special_in_16<PassUtf8>(place + 16) << 16;
    if (found != 0) return place + static_cast<unsigned>(std::countr_zero(found));
    place += 32;
  } while (place < end);
  return end;
}

[[gnu::always_inline]] inline bool equal_32(const char* place, const char* wanted, const char* ignored) noexcept {
  const text_16 first = _mm_or_si128(_mm_cmpeq_epi8(load_16(place), load_16(wanted)), load_16(ignored));
  const text_16 second = _mm_or_si128(_mm_cmpeq_epi8(load_16(place + 16), load_16(wanted + 16)), load_16(ignored + 16));
  return signs_of(_mm_and_si128(first, second)) == 0xffff;
}

#else

template <bool PassUtf8>
inline const char* find_special(const char* place, const char* end) noexcept {
  for (; place < end; ++place) {
    const auto byte = static_cast<unsigned char>(*place);
    if (byte == '"' || byte == '\\' || byte < 0x20 || (!PassUtf8 && byte > 0x7f)) return place;
  }
  return end;
}

inline bool equal_32(const char* place, const char* wanted, const char* ignored) noexcept {
  int different = 0;
  for (int i = 0; i < 32; ++i) different |= (place[i] ^ wanted[i]) & ~ignored[i];
  return different == 0;
}

#endif

}  // namespace weir::detail
