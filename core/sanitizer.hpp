#pragma once
// Knows whether the program runs under a sanitizer, and marks recycled memory so that the address sanitizer can tell.
#include <cstddef>

#if defined(__SANITIZE_ADDRESS__)
#define WEIR_ADDRESS_SANITIZER 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define WEIR_ADDRESS_SANITIZER 1
#endif
#endif

#if defined(__SANITIZE_THREAD__)
#define WEIR_THREAD_SANITIZER 1
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define WEIR_THREAD_SANITIZER 1
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

#ifdef WEIR_THREAD_SANITIZER
inline constexpr bool thread_sanitizer = true;
#else
inline constexpr bool thread_sanitizer = false;
#endif

/// Whether a read of bytes that belong to nobody, or to somebody else, would be reported though nothing comes of it.
inline constexpr bool reads_are_watched = address_sanitizer || thread_sanitizer;

}  // namespace weir::detail
