#include "weir/dsl/parse_duration.hpp"

#include <array>
#include <charconv>
#include <system_error>
#include <utility>

namespace weir::detail {
namespace {

using namespace std::chrono_literals;

constexpr std::array<std::pair<std::string_view, std::chrono::nanoseconds>, 6> units{
    {{"d", 24h}, {"h", 1h}, {"min", 1min}, {"s", 1s}, {"ms", 1ms}, {"us", 1us}}};

constexpr double longest_s = 100.0 * 365 * 24 * 3600;

}  // namespace

std::optional<std::chrono::nanoseconds> parse_duration(std::string_view text, std::chrono::nanoseconds unit) {
  if (text.empty() || text.front() < '0' || text.front() > '9') return std::nullopt;
  double number = 0;
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), number, std::chars_format::fixed);
  if (failure != std::errc{}) return std::nullopt;
  const std::string_view name = text.substr(static_cast<std::size_t>(end - text.data()));
  std::chrono::nanoseconds length = name.empty() ? unit : 0ns;
  for (const auto& [known, its_length] : units) {
    if (name == known) length = its_length;
  }
  const std::chrono::duration<double> seconds = number * std::chrono::duration<double>(length);
  if (length == 0ns || seconds.count() > longest_s) return std::nullopt;
  return std::chrono::round<std::chrono::nanoseconds>(number * std::chrono::duration<double, std::nano>(length));
}

}  // namespace weir::detail
