#pragma once
// The text form of an enumeration, where its author wants one: CSV and JSON then show names instead of integers.
#include <array>
#include <string_view>

namespace weir {

/// One enumerator and its text.
template <class Enum>
struct enum_name {
  Enum value;
  std::string_view name;
};

/// Specialise it at namespace scope to give an enumeration a text form:
/// `template <> inline constexpr auto weir::enum_names<side> = std::array{weir::enum_name{side::buy, "buy"}, ...};`
/// Without it the text form is the underlying integer. With it, CSV and JSON read the names only; a value that
/// has no name is written as its integer and read back from it. State and snapshots always hold the integer.
template <class Enum>
inline constexpr std::array<enum_name<Enum>, 0> enum_names{};

}  // namespace weir
