#include "weir/core/codec.hpp"

#include <fmt/format.h>

#include "weir/core/error.hpp"

namespace weir::detail {

namespace {
constexpr std::string_view remedy =
    "the file is cut short or damaged, or was written for other types; use another snapshot";
}

void throw_truncated(std::string_view type, std::size_t needed, std::size_t found) {
  throw error(fmt::format("stored {} needs {} more bytes or elements but only {} bytes follow: {}", type, needed, found,
                          remedy));
}

void throw_impossible_byte(std::string_view type, unsigned char byte) {
  throw error(fmt::format("stored {} begins with the byte {}, which is neither 0 nor 1: {}", type, byte, remedy));
}

void throw_varint_too_long() { throw error(fmt::format("stored length does not fit into 64 bits: {}", remedy)); }

void throw_bytes_left(std::string_view type, std::size_t count) {
  throw error(fmt::format("stored {} is followed by {} bytes that do not belong to it: {}", type, count, remedy));
}

}  // namespace weir::detail
