#include "weir/core/hash.hpp"

#include <xxhash.h>

namespace weir::detail {

std::uint64_t hash_bytes(const char* bytes, std::size_t size) noexcept { return XXH3_64bits(bytes, size); }

}  // namespace weir::detail
