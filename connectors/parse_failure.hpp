#pragma once
// Why a line is no record. Sources turn it into the error sentence, the skip count or the malformed side output.
#include <cstddef>
#include <string>
#include <string_view>

namespace weir {

/// The first thing that is wrong with a line. The texts quote at most 60 bytes of input.
struct parse_failure {
  std::size_t column_number = 0;  ///< byte in the line, from 1; one past the line if something is missing at its end
  std::string field;              ///< the member or column meant; empty if the line as a whole is wrong
  std::string expected;           ///< completes "expected ..."
  std::string found;              ///< completes "found ..."

  /// `column 17: field "delay": expected an integer from 0 to 255, found "abc"`
  std::string message() const {
    std::string text = "column " + std::to_string(column_number) + ": ";
    if (!field.empty()) text += "field \"" + field + "\": ";
    return text + "expected " + expected + ", found " + found;
  }
};

/// Text of the input in quotes for `found`: cut to 60 bytes, unprintable bytes as `?`; "nothing" if it is empty.
inline std::string found_text(std::string_view text) {
  constexpr std::size_t limit = 60;
  if (text.empty()) return "nothing";
  std::string quoted = "\"" + std::string(text.substr(0, limit));
  for (char& each : quoted) {
    if (static_cast<unsigned char>(each) < 0x20 || each == 0x7f) each = '?';
  }
  return quoted + (text.size() > limit ? "...\"" : "\"");
}

}  // namespace weir
