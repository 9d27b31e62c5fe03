#pragma once
// Strings of any bytes in JSON, which holds only Unicode text: names of tables may be encoded windows. Used by the
// manifest of a snapshot.
#include <cstdint>
#include <string>
#include <string_view>

namespace weir::detail {

/// The JSON string, with its quotes, of any bytes: control characters, '%' and what is not UTF-8 become %XX.
std::string json_string(std::string_view bytes);

/// Undoes the %XX of `json_string`; false if a '%' stands before anything but two hexadecimal digits.
bool unescape_bytes(std::string& text);

/// False if `text` is not hexadecimal. Requires at most 16 digits.
bool parse_hexadecimal(std::string_view text, std::uint64_t& value);

}  // namespace weir::detail
