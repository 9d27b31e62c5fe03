#pragma once
// The aggregates that `aggregate<"uid">(...)` understands: count, sum, min, max, avg, first, last, min_by and max_by.
// Each reads its value through a pointer to member or a function: `sum(&trade::price)`,
// `max([](const trade& t) { return t.price * t.amount; }).as<"turnover">()`.
// On a keyed stream without window: windows/rolling.hpp. Own aggregates: windows/fold.hpp, windows/reduce.hpp. Several
// at once: windows/combine.hpp.
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "weir/core/owned.hpp"
#include "weir/core/record.hpp"
#include "weir/windows/aggregate_function.hpp"
#include "weir/windows/arithmetic.hpp"
#include "weir/windows/selector.hpp"

namespace weir {

/// The sum and the number of the values averaged.
template <class Sum>
struct avg_accumulator {
  BOOST_HANA_DEFINE_STRUCT(avg_accumulator, (Sum, sum), (std::int64_t, count));
  friend bool operator==(const avg_accumulator&, const avg_accumulator&) = default;
};

/// Which of several elements with the same extreme value min_by and max_by keep.
enum class ties : std::uint8_t { first, last };

namespace detail {

template <class Selector, class Element>
struct sum_function {
  using accumulator_type = sum_t<selected_t<Selector, Element>>;
  using result_type = accumulator_type;
  static constexpr bool is_commutative = true;
  static constexpr bool is_associative = true;
  static constexpr bool is_exact = !std::floating_point<accumulator_type>;

  constexpr accumulator_type create() const noexcept { return 0; }
  constexpr void add(accumulator_type& sum, const Element& element) const {
    sum = wrapping_add(sum, static_cast<accumulator_type>(std::invoke(selector, element)));
  }
  constexpr void merge(accumulator_type& sum, const accumulator_type& later) const noexcept {
    sum = wrapping_add(sum, later);
  }
  constexpr result_type result(const accumulator_type& sum) const noexcept { return sum; }

  [[no_unique_address]] Selector selector;
};

template <class Selector, class Element>
struct avg_function {
  using sum_type = sum_t<selected_t<Selector, Element>>;
  using accumulator_type = avg_accumulator<sum_type>;
  using result_type = double;
  static constexpr bool is_commutative = true;
  static constexpr bool is_associative = true;
  static constexpr bool is_exact = !std::floating_point<sum_type>;

  constexpr accumulator_type create() const noexcept { return {0, 0}; }
  constexpr void add(accumulator_type& held, const Element& element) const {
    held.sum = wrapping_add(held.sum, static_cast<sum_type>(std::invoke(selector, element)));
    ++held.count;
  }
  constexpr void merge(accumulator_type& held, const accumulator_type& later) const noexcept {
    held.sum = wrapping_add(held.sum, later.sum);
    held.count += later.count;
  }
  /// NaN where nothing was added.
  constexpr result_type result(const accumulator_type& held) const noexcept {
    if (held.count == 0) return std::numeric_limits<double>::quiet_NaN();
    return static_cast<double>(held.sum) / static_cast<double>(held.count);
  }

  [[no_unique_address]] Selector selector;
};

template <class Selector, class Element, class Order>
struct extreme_function {
  using value_type = selected_t<Selector, Element>;
  using accumulator_type = std::optional<owned_t<value_type>>;
  using result_type = typename accumulator_type::value_type;
  static constexpr bool is_commutative = true;
  static constexpr bool is_associative = true;
  static constexpr bool is_exact = true;

  constexpr accumulator_type create() const { return std::nullopt; }
  constexpr void add(accumulator_type& held, const Element& element) const {
    const value_type& value = std::invoke(selector, element);
    if (!held) {
      held.emplace(value);
    } else if (more_extreme<Order, value_type>(value, borrow<value_type>(*held))) {
      *held = value;
    }
  }
  constexpr void merge(accumulator_type& held, const accumulator_type& later) const {
    if (!later) return;
    if (!held || more_extreme<Order, value_type>(borrow<value_type>(*later), borrow<value_type>(*held))) held = later;
  }
  constexpr result_type result(const accumulator_type& held) const { return held.value(); }

  [[no_unique_address]] Selector selector;
};

template <class Selector, class Element, class Order, ties Ties>
struct extreme_by_function {
  using accumulator_type = std::optional<owned_t<Element>>;
  using result_type = owned_t<Element>;
  static constexpr bool is_commutative = false;  // which of equal elements is kept depends on their order
  static constexpr bool is_associative = true;
  static constexpr bool is_exact = true;

  constexpr accumulator_type create() const { return std::nullopt; }
  constexpr void add(accumulator_type& held, const Element& element) const {
    if (!held) {
      held.emplace(element);
    } else if (replaces(element, borrow<Element>(*held))) {
      *held = element;
    }
  }
  constexpr void merge(accumulator_type& held, const accumulator_type& later) const {
    if (later && (!held || replaces(borrow<Element>(*later), borrow<Element>(*held)))) held = later;
  }
  constexpr result_type result(const accumulator_type& held) const { return held.value(); }

  /// Whether `candidate`, which came later, takes the place of `held`.
  constexpr bool replaces(const Element& candidate, const Element& held) const {
    using value_type = selected_t<Selector, Element>;
    const value_type& candidate_value = std::invoke(selector, candidate);
    const value_type& held_value = std::invoke(selector, held);
    if constexpr (Ties == ties::first) {
      return more_extreme<Order, value_type>(candidate_value, held_value);
    } else {
      return !more_extreme<Order, value_type>(held_value, candidate_value);
    }
  }

  [[no_unique_address]] Selector selector;
};

template <class Selector, class Element, bool Last>
struct edge_function {
  using accumulator_type = std::optional<owned_t<selected_t<Selector, Element>>>;
  using result_type = typename accumulator_type::value_type;
  static constexpr bool is_commutative = false;
  static constexpr bool is_associative = true;
  static constexpr bool is_exact = true;

  constexpr accumulator_type create() const { return std::nullopt; }
  constexpr void add(accumulator_type& held, const Element& element) const {
    if (!held) {
      held.emplace(std::invoke(selector, element));
    } else if constexpr (Last) {
      *held = std::invoke(selector, element);
    }
  }
  constexpr void merge(accumulator_type& held, const accumulator_type& later) const {
    if (later && (Last || !held)) held = later;
  }
  constexpr result_type result(const accumulator_type& held) const { return held.value(); }

  [[no_unique_address]] Selector selector;
};

// What distinguishes the aggregates that read a value: their word, the values they accept, their function.

struct sum_kind {
  static constexpr std::string_view name = "sum";
  template <class Value>
  static constexpr bool accepts = summable<Value>;
  template <class Selector, class Element>
  using function = sum_function<Selector, Element>;
};

struct avg_kind {
  static constexpr std::string_view name = "avg";
  template <class Value>
  static constexpr bool accepts = summable<Value>;
  template <class Selector, class Element>
  using function = avg_function<Selector, Element>;
};

template <class Order>
struct extreme_kind {
  using order = Order;
  static constexpr std::string_view name = std::is_same_v<Order, smaller> ? "min" : "max";
  template <class Value>
  static constexpr bool accepts = orderable<Value>;
  template <class Selector, class Element>
  using function = extreme_function<Selector, Element, Order>;
};

template <class Order, ties Ties>
struct extreme_by_kind {
  using order = Order;
  static constexpr ties tie_rule = Ties;
  static constexpr std::string_view name = std::is_same_v<Order, smaller> ? "min_by" : "max_by";
  template <class Value>
  static constexpr bool accepts = orderable<Value>;
  template <class Selector, class Element>
  using function = extreme_by_function<Selector, Element, Order, Ties>;
};

template <bool Last>
struct edge_kind {
  static constexpr std::string_view name = Last ? "last" : "first";
  template <class Value>
  static constexpr bool accepts = true;
  template <class Selector, class Element>
  using function = edge_function<Selector, Element, Last>;
};

/// A description: which aggregate, of which value, in which column.
template <class Kind, class Selector>
class selected_aggregate : public named_column<selected_aggregate<Kind, Selector>> {
 public:
  using kind = Kind;

  constexpr explicit selected_aggregate(Selector selector) : selector_(std::move(selector)) {}

  constexpr const Selector& selector() const noexcept { return selector_; }

  std::string column_name() const {
    const std::string_view given = this->given_name();
    return given.empty() ? column_of(Kind::name, selector_) : std::string(given);
  }

  template <class Element>
    requires selects_from<Selector, Element> && (Kind::template accepts<selected_t<Selector, Element>>)
  constexpr auto bind() const {
    return typename Kind::template function<Selector, Element>{selector_};
  }

 private:
  Selector selector_;
};

class count_aggregate : public named_column<count_aggregate> {
 public:
  using accumulator_type = std::int64_t;
  using result_type = std::int64_t;
  static constexpr bool is_commutative = true;
  static constexpr bool is_associative = true;
  static constexpr bool is_exact = true;

  constexpr accumulator_type create() const noexcept { return 0; }
  template <class Element>
  constexpr void add(accumulator_type& count, const Element&) const noexcept {
    ++count;
  }
  constexpr void merge(accumulator_type& count, const accumulator_type& later) const noexcept { count += later; }
  constexpr result_type result(const accumulator_type& count) const noexcept { return count; }

  std::string column_name() const { return given_name().empty() ? "count" : std::string(given_name()); }
};

}  // namespace detail

/// How many elements there were, as std::int64_t. Column "count".
constexpr auto count() { return detail::count_aggregate{}; }

/// The sum: std::int64_t, std::uint64_t (both modulo 2^64) or double. Column "sum_price" for &trade::price.
template <class Selector>
constexpr auto sum(Selector selector) {
  return detail::selected_aggregate<detail::sum_kind, Selector>(std::move(selector));
}

/// The smallest value. NaN only if there was nothing else.
template <class Selector>
constexpr auto min(Selector selector) {
  return detail::selected_aggregate<detail::extreme_kind<detail::smaller>, Selector>(std::move(selector));
}

/// The largest value. NaN only if there was nothing else.
template <class Selector>
constexpr auto max(Selector selector) {
  return detail::selected_aggregate<detail::extreme_kind<detail::larger>, Selector>(std::move(selector));
}

/// The mean, as double; integers are summed exactly, modulo 2^64, before the division.
template <class Selector>
constexpr auto avg(Selector selector) {
  return detail::selected_aggregate<detail::avg_kind, Selector>(std::move(selector));
}

/// The value of the element that arrived first; the element itself without a selector.
template <class Selector = detail::whole_element>
constexpr auto first(Selector selector = {}) {
  return detail::selected_aggregate<detail::edge_kind<false>, Selector>(std::move(selector));
}

/// The value of the element that arrived last; the element itself without a selector.
template <class Selector = detail::whole_element>
constexpr auto last(Selector selector = {}) {
  return detail::selected_aggregate<detail::edge_kind<true>, Selector>(std::move(selector));
}

/// The whole element with the smallest value; of equal ones the first that arrived, or the last with ties::last.
template <ties Ties = ties::first, class Selector>
constexpr auto min_by(Selector selector) {
  return detail::selected_aggregate<detail::extreme_by_kind<detail::smaller, Ties>, Selector>(std::move(selector));
}

/// The whole element with the largest value; of equal ones the first that arrived, or the last with ties::last.
template <ties Ties = ties::first, class Selector>
constexpr auto max_by(Selector selector) {
  return detail::selected_aggregate<detail::extreme_by_kind<detail::larger, Ties>, Selector>(std::move(selector));
}

}  // namespace weir
