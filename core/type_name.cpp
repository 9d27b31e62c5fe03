#include "weir/core/type_name.hpp"

namespace weir::detail {
namespace {

/// Arguments that nobody writes: allocators, orders and hash functions of containers.
bool usually_left_out(std::string_view name) noexcept {
  for (const std::string_view prefix : {"std::allocator<", "std::less<", "std::hash<", "std::equal_to<"}) {
    if (name.substr(0, prefix.size()) == prefix) return true;
  }
  return false;
}

}  // namespace

std::string template_name(std::string_view raw_name, std::initializer_list<std::string_view> arguments) {
  std::string text(without_scope(without_arguments(raw_name)));
  if (text == "lambda") return text;
  text += '<';
  bool first = true;
  for (const std::string_view argument : arguments) {
    if (usually_left_out(argument)) continue;
    if (!first) text += ", ";
    first = false;
    text += argument;
  }
  return text += '>';
}

std::string integer_name(bool is_signed, std::size_t bytes) {
  return (is_signed ? "std::int" : "std::uint") + std::to_string(8 * bytes) + "_t";
}

std::string decorated_name(std::string_view before, std::string_view name, std::string_view after) {
  std::string text(before);
  text += name;
  return text += after;
}

}  // namespace weir::detail
