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

  constexpr explicit fixed_string(std::string_view all) {  // of Size - 1 characters
    for (std::size_t i = 0; i + 1 < Size; ++i) text[i] = all[i];
  }

  /// Without the former names that `uid` adds.
  constexpr std::string_view view() const noexcept { return text; }
  /// The whole, in which former names follow the name, each after a zero.
  constexpr std::string_view with_former() const noexcept { return {text, Size - 1}; }
};

namespace detail {

template <fixed_string... Names>
constexpr auto join_names() {
  constexpr std::size_t size = (sizeof(Names.text) + ...);
  char joined[size]{};
  std::size_t end = 0;
  const auto add = [&](std::string_view name) {
    for (const char each : name) joined[end++] = each;
    ++end;
  };
  (add(Names.view()), ...);
  return fixed_string<size>(std::string_view(joined, size - 1));
}

}  // namespace detail

/// A uid that was once another one: `process<uid<"fraud", "fraud-v1">>(f)` takes up what snapshots hold under "fraud-v1".
template <fixed_string Name, fixed_string... Former>
inline constexpr auto uid = detail::join_names<Name, Former...>();

}  // namespace weir
