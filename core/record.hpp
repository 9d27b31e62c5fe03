#pragma once
// What a record is: a plain struct whose members Boost.Hana knows by name. Everything that walks over members at
// compile time (schemas, codecs, borrowed strings, state rows) starts from the list that this header makes, once per
// record.
#include <boost/hana/accessors.hpp>
#include <boost/hana/adapt_struct.hpp>
#include <boost/hana/concept/struct.hpp>
#include <boost/hana/define_struct.hpp>
#include <boost/hana/pair.hpp>
#include <boost/hana/string.hpp>
#include <boost/hana/tuple.hpp>
#include <concepts>
#include <cstddef>
#include <string_view>
#include <type_traits>

#include "weir/core/fixed_string.hpp"

namespace weir {

/// One member of a record: `static constexpr auto pointer` and `static constexpr std::string_view name`.
template <auto Pointer, fixed_string Name>
struct field {
  static constexpr auto pointer = Pointer;
  static constexpr std::string_view name = Name.view();
};

/// The members of a record in declaration order.
template <class... Fields>
struct field_list {
  static constexpr std::size_t size = sizeof...(Fields);
};

/// Adapts a type that Hana's macros cannot, such as a class template whose field names are template arguments:
/// `template <...> struct weir::record_fields<result<...>> { using type = field_list<field<&result<...>::key, "k">>;
/// };`
template <class Type>
struct record_fields {};

namespace detail {

template <class Pair>
struct hana_field {
  static_assert(
      sizeof(Pair) == 0,
      "weir: record adapted with accessor functions; use BOOST_HANA_DEFINE_STRUCT or BOOST_HANA_ADAPT_STRUCT");
};

template <char... Name, class Member, Member Pointer>
struct hana_field<
    boost::hana::pair<boost::hana::string<Name...>, boost::hana::struct_detail::member_ptr<Member, Pointer>>> {
  static constexpr char text[] = {Name..., '\0'};
  static constexpr auto pointer = Pointer;
  static constexpr std::string_view name{text, sizeof...(Name)};
};

template <class Accessors>
struct hana_fields;

template <class... Pairs>
struct hana_fields<boost::hana::tuple<Pairs...>> {
  using type = field_list<hana_field<Pairs>...>;
};

template <class Type>
concept adapted_by_weir = requires { typename record_fields<Type>::type; };

template <class Type>
struct fields_of_record : hana_fields<std::remove_cvref_t<decltype(boost::hana::accessors<Type>())>> {};

template <adapted_by_weir Type>
struct fields_of_record<Type> : record_fields<Type> {};

}  // namespace detail

/// A struct adapted with BOOST_HANA_DEFINE_STRUCT or BOOST_HANA_ADAPT_STRUCT (or `record_fields`).
template <class Type>
concept record = detail::adapted_by_weir<Type> || boost::hana::Struct<Type>::value;

/// The `field_list` of a record.
template <record Type>
using fields_of = typename detail::fields_of_record<Type>::type;

/// How many members a record has; nested records count as one.
template <record Type>
inline constexpr std::size_t field_count = fields_of<Type>::size;

namespace detail {

template <class Visitor, class... Fields>
constexpr void visit_fields(field_list<Fields...>, Visitor&& visitor) {
  (visitor(Fields{}), ...);
}

template <class Pointer, class Candidate>
constexpr bool same_member(Pointer pointer, Candidate candidate) noexcept {
  if constexpr (std::same_as<Pointer, Candidate>) {
    return pointer == candidate;
  } else {
    return false;
  }
}

}  // namespace detail

/// Calls `visitor(field)` for each member in declaration order; `field` is an empty object with `pointer` and `name`.
template <record Type, class Visitor>
constexpr void for_each_field(Visitor&& visitor) {
  detail::visit_fields(fields_of<Type>{}, visitor);
}

/// Calls `visitor(name, member)` for each member of `value` in declaration order. Inlines to plain code.
template <class Type, class Visitor>
  requires record<std::remove_const_t<Type>>
constexpr void for_each_member(Type& value, Visitor&& visitor) {
  for_each_field<std::remove_const_t<Type>>([&](auto field) { visitor(decltype(field)::name, value.*field.pointer); });
}

/// The name of the member that `pointer` points to; empty when its class is not a record or does not list it.
template <class Class, class Member>
constexpr std::string_view member_name(Member Class::* pointer) noexcept {
  std::string_view name;
  if constexpr (record<Class>) {
    for_each_field<Class>([&](auto field) {
      if (detail::same_member(pointer, field.pointer)) name = field.name;
    });
  }
  return name;
}

}  // namespace weir
