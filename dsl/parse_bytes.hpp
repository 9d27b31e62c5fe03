#pragma once
// Amounts of memory as people write them in options: "512MB", "2GB", "1.5 GiB", or a number of the option's own unit.
#include <cstddef>
#include <optional>
#include <string_view>

namespace weir::detail {

/// A number that is not negative with K, M, G or T behind it, in either case, and B or iB behind that if one likes; a
/// space may stand between. As in Flink, and in most options of programs, 1K is 1024 bytes. Without a letter it counts
/// `unit` bytes. Nothing for other texts, and for what is 2^60 bytes or more.
std::optional<std::size_t> parse_bytes(std::string_view text, std::size_t unit);

}  // namespace weir::detail
