#include "weir/connectors/words.hpp"

#include <cstring>

#ifdef __SSE2__
#include <emmintrin.h>
#endif

namespace weir::detail {

// The five control characters from \t to \r are neighbours: 9 to 13.
std::uint64_t white_space_mask(const char* bytes, std::size_t size) noexcept {
  char tail[64];
  if (size < 64) {
    std::memset(tail, ' ', sizeof tail);
    if (size > 0) std::memcpy(tail, bytes, size);
    bytes = tail;
  }
  std::uint64_t mask = 0;
#ifdef __SSE2__
  const __m128i space = _mm_set1_epi8(' ');
  const __m128i tab = _mm_set1_epi8('\t');
  const __m128i breadth = _mm_set1_epi8('\r' - '\t');
  for (unsigned i = 0; i < 4; ++i) {
    const __m128i chunk = _mm_loadu_si128(reinterpret_cast<const __m128i*>(bytes + 16 * i));
    const __m128i above_tab = _mm_sub_epi8(chunk, tab);
    const __m128i controls = _mm_cmpeq_epi8(_mm_min_epu8(above_tab, breadth), above_tab);
    const __m128i found = _mm_or_si128(controls, _mm_cmpeq_epi8(chunk, space));
    mask |= std::uint64_t{static_cast<std::uint32_t>(_mm_movemask_epi8(found))} << (16 * i);
  }
#else
  for (unsigned i = 0; i < 64; ++i) {
    const auto byte = static_cast<unsigned char>(bytes[i]);
    if (byte == ' ' || static_cast<unsigned char>(byte - '\t') <= '\r' - '\t') mask |= std::uint64_t{1} << i;
  }
#endif
  return mask;
}

}  // namespace weir::detail
