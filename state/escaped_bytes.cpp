#include "weir/state/escaped_bytes.hpp"

#include <fmt/format.h>

#include <cstddef>

namespace weir::detail {
namespace {

/// The length of the well-formed UTF-8 character at the front of `text` (Unicode 15, table 3-7), or 0.
std::size_t utf8_length(std::string_view text) {
  const auto at = [&](std::size_t i) { return i < text.size() ? static_cast<unsigned char>(text[i]) : 0u; };
  const auto follows = [&](std::size_t i) { return at(i) >= 0x80 && at(i) <= 0xbf; };
  const unsigned first = at(0);
  if (first < 0x80) return 1;
  if (first >= 0xc2 && first <= 0xdf) return follows(1) ? 2 : 0;
  if (first >= 0xe0 && first <= 0xef) {
    const unsigned least = first == 0xe0 ? 0xa0 : 0x80;
    const unsigned most = first == 0xed ? 0x9f : 0xbf;
    return at(1) >= least && at(1) <= most && follows(2) ? 3 : 0;
  }
  if (first >= 0xf0 && first <= 0xf4) {
    const unsigned least = first == 0xf0 ? 0x90 : 0x80;
    const unsigned most = first == 0xf4 ? 0x8f : 0xbf;
    return at(1) >= least && at(1) <= most && follows(2) && follows(3) ? 4 : 0;
  }
  return 0;
}

/// The value of an uppercase or lowercase hexadecimal digit, or 16.
unsigned digit_value(char digit) {
  if (digit >= '0' && digit <= '9') return static_cast<unsigned>(digit - '0');
  if (digit >= 'a' && digit <= 'f') return static_cast<unsigned>(digit - 'a') + 10;
  if (digit >= 'A' && digit <= 'F') return static_cast<unsigned>(digit - 'A') + 10;
  return 16;
}

}  // namespace

std::string json_string(std::string_view bytes) {
  std::string out = "\"";
  while (!bytes.empty()) {
    const char first = bytes.front();
    const bool control = static_cast<unsigned char>(first) < 0x20 || first == 0x7f;
    const std::size_t length = control || first == '%' ? 0 : utf8_length(bytes);
    if (length == 0) {
      out += fmt::format("%{:02X}", static_cast<unsigned char>(first));
    } else {
      if (first == '"' || first == '\\') out += '\\';
      out += bytes.substr(0, length);
    }
    bytes.remove_prefix(length == 0 ? 1 : length);
  }
  return out += '"';
}

bool parse_hexadecimal(std::string_view text, std::uint64_t& value) {
  value = 0;
  for (const char digit : text) {
    if (digit_value(digit) > 15) return false;
    value = value << 4 | digit_value(digit);
  }
  return true;
}

bool unescape_bytes(std::string& text) {
  std::size_t size = 0;
  for (std::size_t i = 0; i < text.size(); ++i, ++size) {
    text[size] = text[i];
    if (text[i] != '%') continue;
    std::uint64_t byte = 0;
    if (text.size() - i < 3 || !parse_hexadecimal(std::string_view(text).substr(i + 1, 2), byte)) return false;
    text[size] = static_cast<char>(byte);
    i += 2;
  }
  text.resize(size);
  return true;
}

}  // namespace weir::detail
