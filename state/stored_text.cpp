#include "weir/state/stored_text.hpp"

#include <cstdint>
#include <string>

#include "weir/core/error.hpp"

namespace weir::detail {

const char* copy_text(std::string_view text) {
  if (text.size() > UINT32_MAX) {
    throw error(
        "weir: a key of " + std::to_string(text.size()) +
        " bytes is too long for a table, which holds up to 4294967295; use a shorter key, such as a hash of it");
  }
  char* const bytes = new char[text.size()];
  std::memcpy(bytes, text.data(), text.size());
  return bytes;
}

}  // namespace weir::detail
