#pragma once
// What `rolling<"uid">(...)` accepts on a keyed stream: sum, min, max, min_by and max_by from windows/aggregates.hpp
// and reduce from windows/reduce.hpp. One element goes out for each that comes in, of the same type.
#include <type_traits>
#include <utility>

#include "weir/core/owned.hpp"
#include "weir/windows/aggregates.hpp"
#include "weir/windows/arithmetic.hpp"
#include "weir/windows/reduce.hpp"

namespace weir {

/// A step of a rolling aggregation: `roll(held, next)` takes `next` into the element held for its key. The first
/// element of a key is held and emitted as it is, without a call; the emitted event time is that of the element taken.
template <class Function, class Element>
concept rolling_function = requires(const Function& function, owned_t<Element>& held, const Element& next) {
  function.roll(held, next);
};

namespace detail {

/// Replaces one member of a held element; all others stay those of the key's first element.
template <class Element, class Class, class Member>
constexpr void replace_member(owned_t<Element>& held, Member Class::* member, const Member& value) {
  if constexpr (has_borrowed<Element>) {  // an owned element changes as a whole only
    Element changed = borrow<Element>(held);
    changed.*member = value;
    held = changed;
  } else {
    held.*member = value;
  }
}

template <class Element, class Class, class Member>
struct rolling_sum {
  constexpr void roll(owned_t<Element>& held, const Element& next) const {
    using sum_type = sum_t<Member>;
    const sum_type sum = wrapping_add(static_cast<sum_type>(borrow<Element>(held).*member),
                                      static_cast<sum_type>(next.*member));
    replace_member<Element>(held, member, static_cast<Member>(sum));
  }

  Member Class::* member;
};

template <class Element, class Class, class Member, class Order>
struct rolling_extreme {
  constexpr void roll(owned_t<Element>& held, const Element& next) const {
    if (more_extreme<Order, Member>(next.*member, borrow<Element>(held).*member)) {
      replace_member<Element>(held, member, next.*member);
    }
  }

  Member Class::* member;
};

template <class Element, class Selector, class Order, ties Ties>
struct rolling_extreme_by {
  constexpr void roll(owned_t<Element>& held, const Element& next) const {
    if (comparison.replaces(next, borrow<Element>(held))) held = next;
  }

  extreme_by_function<Selector, Element, Order, Ties> comparison;
};

// Which step belongs to which description; no overload where a rolling aggregation makes no sense.

template <class Element, class Class, class Member>
  requires std::is_base_of_v<Class, Element> && summable<Member> && (!std::is_same_v<Member, bool>)
constexpr auto rolling_step(sum_kind, Member Class::* member) {
  return rolling_sum<Element, Class, Member>{member};
}

template <class Element, class Order, class Class, class Member>
  requires std::is_base_of_v<Class, Element> && orderable<Member>
constexpr auto rolling_step(extreme_kind<Order>, Member Class::* member) {
  return rolling_extreme<Element, Class, Member, Order>{member};
}

template <class Element, class Order, ties Ties, class Selector>
  requires selects_from<Selector, Element> && orderable<selected_t<Selector, Element>>
constexpr auto rolling_step(extreme_by_kind<Order, Ties>, const Selector& selector) {
  return rolling_extreme_by<Element, Selector, Order, Ties>{{selector}};
}

template <class Description, class Element>
concept describes_rolling_step = requires(const Description& description) {
  rolling_step<Element>(typename Description::kind{}, description.selector());
};

template <class Description, class Element>
concept describes_rolling = requires(const Description& description) {
  { description.template bind_rolling<Element>() } -> rolling_function<Element>;
};

}  // namespace detail

/// Whether `rolling<"uid">(description)` is possible over elements of this type. sum, min and max need a pointer to a
/// data member, because they replace it in the element; min_by and max_by take functions, too.
template <class Description, class Element>
concept rolling_for = detail::describes_rolling<Description, Element> ||
                      detail::describes_rolling_step<Description, Element> || rolling_function<Description, Element>;

/// The step that `description` means for elements of this type.
template <class Element, rolling_for<Element> Description>
constexpr auto bind_rolling(const Description& description) {
  if constexpr (detail::describes_rolling<Description, Element>) {
    return description.template bind_rolling<Element>();
  } else if constexpr (detail::describes_rolling_step<Description, Element>) {
    return detail::rolling_step<Element>(typename Description::kind{}, description.selector());
  } else {
    return description;
  }
}

}  // namespace weir
