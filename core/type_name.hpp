#pragma once
// The short name of a type as a person would write it; plans, schemas and error sentences show it.
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "weir/core/timestamp.hpp"

namespace weir {

/// "std::string", "std::optional<double>", "flight", "lambda". Namespaces of weir, unnamed namespaces and enclosing
/// functions are left out, those of the user are kept. Equal on every supported compiler for named types. It is for
/// people: never store it, and never compare it to decide whether two types are equal.
template <class Type>
std::string_view type_name();

namespace detail {

/// The name as the compiler spells it, with the compiler's own frame around it.
template <class Type>
constexpr std::string_view framed_type_name() noexcept {
  return __PRETTY_FUNCTION__;
}

/// The name as the compiler spells it: the frame is measured on a type whose name is known.
template <class Type>
constexpr std::string_view raw_type_name() noexcept {
  constexpr std::string_view probe = framed_type_name<double>();
  constexpr std::size_t before = probe.find("double");
  constexpr std::size_t after = probe.size() - before - std::string_view("double").size();
  std::string_view name = framed_type_name<Type>();
  name.remove_prefix(before);
  name.remove_suffix(after);
  return name;
}

constexpr bool drop_front(std::string_view& text, std::string_view prefix) noexcept {
  if (text.substr(0, prefix.size()) != prefix) return false;
  text.remove_prefix(prefix.size());
  return true;
}

/// Drops unnamed namespaces, enclosing functions and weir's own namespaces from the front of a compiler's name.
constexpr std::string_view without_scope(std::string_view name) noexcept {
  if (name.find("<lambda") != name.npos || name.find("(lambda") != name.npos) return "lambda";
  int depth = 0;
  std::size_t start = 0;
  for (std::size_t i = 0; i + 2 < name.size(); ++i) {
    if (name[i] == '<') ++depth;
    if (name[i] == '>') --depth;
    const bool closes = name[i] == ')' || name[i] == '}';
    if (depth == 0 && closes && name.substr(i + 1, 2) == "::") start = i + 3;
  }
  name.remove_prefix(start);
  if (!drop_front(name, "weir::")) return name;
  if (!drop_front(name, "testing::")) drop_front(name, "detail::");
  return name;
}

/// `outer<int>::inner<double>` without its last argument list.
constexpr std::string_view without_arguments(std::string_view name) noexcept {
  if (name.empty() || name.back() != '>') return name;
  int depth = 0;
  for (std::size_t i = name.size(); i-- > 0;) {
    if (name[i] == '>') ++depth;
    if (name[i] == '<' && --depth == 0) return name.substr(0, i);
  }
  return name;
}

/// Integers that have a width and a sign. char and its relatives are text in disguise, bool is no number.
template <class Type>
concept sized_integer =
    std::integral<Type> && !std::same_as<Type, bool> && !std::same_as<Type, char> && !std::same_as<Type, wchar_t> &&
    !std::same_as<Type, char8_t> && !std::same_as<Type, char16_t> && !std::same_as<Type, char32_t> && sizeof(Type) <= 8;

/// `Template<arguments>`, without the arguments that are usually left out.
std::string template_name(std::string_view raw_name, std::initializer_list<std::string_view> arguments);
/// "std::int16_t"
std::string integer_name(bool is_signed, std::size_t bytes);
/// A name with something around it: "const order", "order&".
std::string decorated_name(std::string_view before, std::string_view name, std::string_view after);

template <class Type>
struct type_namer {
  static std::string name() {
    if constexpr (std::is_pointer_v<Type>) {
      return decorated_name("", type_name<std::remove_pointer_t<Type>>(), "*");
    } else if constexpr (std::is_lvalue_reference_v<Type>) {
      return decorated_name("", type_name<std::remove_reference_t<Type>>(), "&");
    } else if constexpr (std::is_rvalue_reference_v<Type>) {
      return decorated_name("", type_name<std::remove_reference_t<Type>>(), "&&");
    } else if constexpr (std::is_const_v<Type>) {
      return decorated_name("const ", type_name<std::remove_const_t<Type>>(), "");
    } else if constexpr (sized_integer<Type> && !std::same_as<Type, int>) {
      return integer_name(std::is_signed_v<Type>, sizeof(Type));
    } else {
      return std::string(without_scope(raw_type_name<Type>()));
    }
  }
};

template <template <class...> class Template, class... Arguments>
struct type_namer<Template<Arguments...>> {
  static std::string name() {
    return template_name(raw_type_name<Template<Arguments...>>(), {type_name<Arguments>()...});
  }
};

template <>
struct type_namer<std::string> {
  static std::string name() { return "std::string"; }
};
template <>
struct type_namer<std::string_view> {
  static std::string name() { return "std::string_view"; }
};
template <>
struct type_namer<timestamp> {
  static std::string name() { return "timestamp"; }
};
template <>
struct type_namer<processing_clock::time_point> {
  static std::string name() { return "processing_time"; }
};

}  // namespace detail

template <class Type>
std::string_view type_name() {
  static const std::string name = detail::type_namer<Type>::name();
  return name;
}

}  // namespace weir
