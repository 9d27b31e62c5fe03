#pragma once
// How an aggregate reads its value from an element: a pointer to a data member or a function.
#include <functional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include "weir/core/record.hpp"

namespace weir::detail {

/// Reads through a pointer to member or calls a function; must be usable as const.
template <class Selector, class Element>
concept selects_from = std::is_invocable_v<const Selector&, const Element&> &&
                       !std::is_void_v<std::invoke_result_t<const Selector&, const Element&>>;

/// The type of the selected value, without reference and const.
template <class Selector, class Element>
using selected_t = std::remove_cvref_t<std::invoke_result_t<const Selector&, const Element&>>;

/// Selects the element itself.
struct whole_element {
  template <class Element>
  constexpr const Element& operator()(const Element& element) const noexcept {
    return element;
  }
};

/// "sum" and &trade::price make "sum_price"; the function alone where the selector has no name.
template <class Selector>
std::string column_of(std::string_view function, const Selector& selector) {
  std::string column(function);
  if constexpr (std::is_member_object_pointer_v<Selector>) {
    const std::string_view member = member_name(selector);
    if (!member.empty()) column.append("_").append(member);
  }
  return column;
}

/// A column name that the user gives with `.as<"name">()`; empty until then. The text lives as long as the program.
template <class Description>
class named_column {
 public:
  /// The same aggregate with its result in a column of this name.
  template <fixed_string Name>
  constexpr Description as() const {
    static_assert(sizeof(Name.text) > 1, "weir: as<\"\">() gives a column no name; write one between the quotes");
    Description named = static_cast<const Description&>(*this);
    static_cast<named_column&>(named).name_ = Name.view();
    return named;
  }

 protected:
  constexpr std::string_view given_name() const noexcept { return name_; }

 private:
  std::string_view name_;
};

}  // namespace weir::detail
