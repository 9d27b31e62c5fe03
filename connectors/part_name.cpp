#include "weir/connectors/part_name.hpp"

#include <charconv>
#include <limits>

namespace weir::detail {
namespace {

constexpr std::string_view begin_of_parts = "part-";

/// Takes a number and the character behind it off the front of `text`.
std::optional<std::uint64_t> take_number(std::string_view& text, char behind) {
  std::uint64_t number = 0;
  const char* const end = text.data() + text.size();
  const auto [next, code] = std::from_chars(text.data(), end, number);
  if (code != std::errc() || next == end || *next != behind) return std::nullopt;
  text.remove_prefix(static_cast<std::size_t>(next - text.data()) + 1);
  return number;
}

/// Anything as a part of a file name that holds neither a dot nor a slash.
std::string escaped(std::string_view text) {
  static constexpr std::string_view unescaped = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_";
  static constexpr char digits[] = "0123456789abcdef";
  std::string name;
  for (const char each : text) {
    if (unescaped.find(each) != std::string_view::npos) {
      name += each;
    } else {
      const auto byte = static_cast<unsigned char>(each);
      name += {'%', digits[byte >> 4], digits[byte & 15]};
    }
  }
  return name;
}

}  // namespace

std::string part_name(std::uint64_t run, std::size_t subtask, std::uint64_t number, std::string_view extension) {
  std::string name(begin_of_parts);
  name += std::to_string(run) + "-" + std::to_string(subtask) + "-" + std::to_string(number);
  name += extension;
  return name;
}

std::optional<std::uint64_t> run_of_part(std::string_view name) {
  if (!name.starts_with(begin_of_parts)) return std::nullopt;
  name.remove_prefix(begin_of_parts.size());
  const auto run = take_number(name, '-');
  if (!run || *run == std::numeric_limits<std::uint64_t>::max()) return std::nullopt;
  if (!take_number(name, '-') || !take_number(name, '.')) return std::nullopt;
  return run;
}

std::string hidden_part_prefix(std::string_view job, std::string_view uid) {
  return "." + escaped(job) + "." + escaped(uid) + ".";
}

}  // namespace weir::detail
