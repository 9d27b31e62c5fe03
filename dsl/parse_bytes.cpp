#include "weir/dsl/parse_bytes.hpp"

#include <charconv>
#include <cmath>
#include <system_error>

namespace weir::detail {
namespace {

constexpr char lower(char letter) noexcept {
  return letter >= 'A' && letter <= 'Z' ? static_cast<char>(letter - 'A' + 'a') : letter;
}

/// Bytes of "k", "MB" or "GiB"; 0 for other names.
std::size_t unit_of(std::string_view name) {
  if (name.size() == 1 && lower(name.front()) == 'b') return 1;
  constexpr std::string_view letters = "kmgt";
  const std::size_t power = letters.find(lower(name.front()));
  if (power == std::string_view::npos) return 0;
  const std::string_view rest = name.substr(1);
  const bool known = rest.empty() || (rest.size() == 1 && lower(rest[0]) == 'b') ||
                     (rest.size() == 2 && lower(rest[0]) == 'i' && lower(rest[1]) == 'b');
  return known ? std::size_t{1} << 10 * (power + 1) : 0;
}

constexpr double largest = 1ull << 60;

}  // namespace

std::optional<std::size_t> parse_bytes(std::string_view text, std::size_t unit) {
  if (text.empty() || text.front() < '0' || text.front() > '9') return std::nullopt;
  double number = 0;
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), number, std::chars_format::fixed);
  if (failure != std::errc{}) return std::nullopt;
  std::string_view name = text.substr(static_cast<std::size_t>(end - text.data()));
  if (name.size() > 1 && name.front() == ' ') name.remove_prefix(1);
  const std::size_t each = name.empty() ? unit : unit_of(name);
  const double bytes = number * static_cast<double>(each);
  if (each == 0 || !(bytes < largest)) return std::nullopt;
  return static_cast<std::size_t>(std::llround(bytes));
}

}  // namespace weir::detail
