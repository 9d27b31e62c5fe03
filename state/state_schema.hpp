#pragma once
// What a snapshot says about the bytes of its rows, so that they can be read without the program that wrote them, and
// so that a restore into changed code can be refused with the name of the field. A schema is one line of text.
//
// A type:      bool int8 … int64 uint8 … uint64 float32 float64 string timestamp
//              enum<int32>, or enum<int32 buy=1 sell=2> where the enumeration has names
//              optional<T>   vector<T>   tuple<T, …>, for pairs, too   {name: T, …} for records
// A row:       name: kind<T>; …, in declaration order, kind being value, list, map (with two types), reducing or
//              aggregating (whose type is that of the accumulator); then operator state, which lies in no row, of the kinds
//              operator_list, operator_union_list and broadcast_map (of tuples of key and value); then "; timers" where the function has on_timer and "; ttl" where
//              touch times are stored. Example:
//              small_seen: value<bool>; visits: map<string, {at: timestamp, count: int64}>; timers
// The bytes are those of core/codec.hpp, state_row.hpp and operator_state.hpp.
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include "weir/core/owned.hpp"
#include "weir/core/schema.hpp"
#include "weir/state/state_kind.hpp"
#include "weir/state/state_row.hpp"

namespace weir {

/// The type as above. `std::string_view` is a string, too.
std::string schema_text(const type_descriptor& type);

/// A name that a state had in older code: a function that renames states has
/// `static constexpr weir::renamed_state renamed_states[] = {{.from = "small_seen", .to = "seen"}};`
struct renamed_state {
  std::string_view from;
  std::string_view to;
};

/// The rows and the operator state of a process function as this program has them; the texts above are made of it.
struct row_description {
  struct state {
    std::string_view name;
    std::string_view kind;
    std::vector<const type_descriptor*> types{};
    std::vector<std::string_view> former_names{};
  };
  std::vector<state> states{};
  bool timers = false;
  bool ttl = false;
  std::vector<state> operator_states{};
};
std::string schema_text(const row_description& row);

namespace detail {

/// What the codec writes for a type that holds owned values: the same as without `owned`.
template <class Type>
struct written_type {
  using type = Type;
};
template <class Type>
struct written_type<owned<Type>> {
  using type = Type;
};
template <class Type>
struct written_type<std::optional<Type>> {
  using type = std::optional<typename written_type<Type>::type>;
};
template <class Type>
struct written_type<std::vector<Type>> {
  using type = std::vector<typename written_type<Type>::type>;
};
template <class First, class Second>
struct written_type<std::pair<First, Second>> {
  using type = std::pair<typename written_type<First>::type, typename written_type<Second>::type>;
};
template <class... Types>
struct written_type<std::tuple<Types...>> {
  using type = std::tuple<typename written_type<Types>::type...>;
};

template <class... Types>
std::vector<const type_descriptor*> described_types(state_types<Types...>) {
  return {&describe<typename written_type<Types>::type>()...};
}

}  // namespace detail

namespace detail {

template <class Function, class Fields>
void describe_states(Fields fields, std::vector<row_description::state>& states) {
  visit_fields(fields, [&](auto field) {
    using parts = state_access::parts<state_of_field<Function, decltype(field)>>;
    states.push_back({field.name, parts::kind, described_types(typename parts::schema_types{}), {}});
    if constexpr (requires { Function::renamed_states; }) {
      for (const renamed_state& each : Function::renamed_states) {
        if (each.to == field.name) states.back().former_names.push_back(each.from);
      }
    }
  });
}

}  // namespace detail

/// The rows of a function.
template <class Function, bool WithTtl, bool WithTimers>
row_description describe_row() {
  row_description row{.timers = WithTimers, .ttl = WithTtl};
  detail::describe_states<Function>(detail::state_fields<Function>{}, row.states);
  detail::describe_states<Function>(detail::operator_state_fields<Function>{}, row.operator_states);
  return row;
}

/// The schema of the rows of a function.
template <class Function, bool WithTtl, bool WithTimers>
std::string row_schema() {
  return schema_text(describe_row<Function, WithTtl, WithTimers>());
}

}  // namespace weir
