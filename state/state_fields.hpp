#pragma once
// Which members of a process function are its state: those that BOOST_HANA_DEFINE_STRUCT lists. Keyed states lie in the
// row of a key (state_row.hpp); operator state belongs to a subtask (operator_list_state.hpp, broadcast_map_state.hpp).
#include <type_traits>
#include <utility>

#include "weir/core/record.hpp"
#include "weir/state/state_kind.hpp"

namespace weir::detail {

/// The members of a function that BOOST_HANA_DEFINE_STRUCT lists; none for other functions.
template <class Function>
struct listed_fields_of {
  using type = field_list<>;
};
template <record Function>
struct listed_fields_of<Function> {
  using type = fields_of<Function>;
};

template <class Function, class Field>
using state_of_field = std::remove_cvref_t<decltype(std::declval<Function&>().*Field::pointer)>;

/// Those of the members that are operator state, or the others.
template <class Function, bool OperatorState, class Fields>
struct chosen_fields;
template <class Function, bool OperatorState, class... Fields>
struct chosen_fields<Function, OperatorState, field_list<Fields...>> {
  template <class... Chosen>
  struct choice {
    using type = field_list<Chosen...>;
    template <class Field>
    friend auto operator+(choice, std::type_identity<Field>) {
      if constexpr (is_operator_state<state_of_field<Function, Field>> == OperatorState) {
        return choice<Chosen..., Field>{};
      } else {
        return choice{};
      }
    }
  };
  using type = typename decltype((choice<>{} + ... + std::type_identity<Fields>{}))::type;
};

/// The keyed states of a function, and listed members that are no state at all.
template <class Function>
using state_fields = typename chosen_fields<Function, false, typename listed_fields_of<Function>::type>::type;

/// Its operator state.
template <class Function>
using operator_state_fields = typename chosen_fields<Function, true, typename listed_fields_of<Function>::type>::type;

}  // namespace weir::detail
