#pragma once
// A string as a template argument: uids, tags and column names.
#include <cstddef>
#include <string_view>

namespace weir {

/// Structural string literal, used as `template <fixed_string Uid>`; `Size` counts the terminating zero.
template <std::size_t Size>
struct fixed_string {
  char text[Size]{};

  consteval fixed_string(const char (&literal)[Size]) {  // NOLINT: implicit, so that "x" is an argument
    for (std::size_t i = 0; i < Size; ++i) text[i] = literal[i];
  }

  constexpr std::string_view view() const noexcept { return {text, Size - 1}; }
};

}  // namespace weir
