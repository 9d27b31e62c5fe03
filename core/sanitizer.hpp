#pragma once
// Knows whether the program runs under the address sanitizer, and marks recycled memory so that it can tell.
#include <cstddef>

#if defined(__SANITIZE_ADDRESS__)
#define WEIR_ADDRESS_SANITIZER 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define WEIR_ADDRESS_SANITIZER 1
#endif
#endif

#ifdef WEIR_ADDRESS_SANITIZER
#include <sanitizer/asan_interface.h>
#endif

namespace weir::detail {

#ifdef WEIR_ADDRESS_SANITIZER
inline constexpr bool address_sanitizer = true;
inline void poison(const char* bytes, std::size_t size) { ASAN_POISON_MEMORY_REGION(bytes, size); }
inline void unpoison(const char* bytes, std::size_t size) { ASAN_UNPOISON_MEMORY_REGION(bytes, size); }
#else
inline constexpr bool address_sanitizer = false;
inline void poison(const char*, std::size_t) {}
inline void unpoison(const char*, std::size_t) {}
#endif

}  // namespace weir::detail
