#pragma once
// aggregating_state: the accumulator of an aggregate per key. See value_state.hpp for the rules of all states.
#include <string_view>
#include <type_traits>
#include <utility>

#include "weir/state/state_kind.hpp"
#include "weir/state/value_cell.hpp"

namespace weir {
namespace detail {

/// An aggregate such as sum(&trade::price) does not know what it aggregates until it is bound.
template <class Input, class Aggregate>
constexpr auto aggregate_over(const Aggregate& aggregate) {
  if constexpr (requires { aggregate.template bind<Input>(); }) {
    return aggregate.template bind<Input>();
  } else {
    return aggregate;
  }
}

}  // namespace detail

/// Aggregates the `Input`s added for the current key: `aggregating_state<decltype(avg(&trade::price)), trade>`, or an
/// aggregate function of the user's own (windows/aggregate_function.hpp). The aggregate is configuration: it is copied
/// per subtask and is no part of a snapshot; one that cannot be default constructed is handed in by a constructor of
/// the function: `prices(avg(&trade::price))`.
template <class Aggregate, class Input>
class aggregating_state : detail::state_tag {
  using function_type = decltype(detail::aggregate_over<Input>(std::declval<const Aggregate&>()));
  using accumulator_type = typename function_type::accumulator_type;
  static_assert(sizeof(detail::storable_state<accumulator_type>) > 0);

 public:
  using input_type = Input;
  using value_type = typename function_type::result_type;

  aggregating_state()
    requires std::is_default_constructible_v<Aggregate>
      : aggregating_state(Aggregate()) {}
  explicit aggregating_state(const Aggregate& aggregate) : function_(detail::aggregate_over<Input>(aggregate)) {}
  aggregating_state(const aggregating_state&) = default;
  aggregating_state& operator=(const aggregating_state&) = delete;

  void add(const Input& input) {
    if (accumulator_type* const held = handle_.read()) {
      function_.add(*held, input);
      handle_.written();
    } else {
      accumulator_type created = function_.create();
      function_.add(created, input);
      handle_.written() = std::move(created);
    }
  }

  bool has_value() const { return handle_.has_value(); }

  /// The result of what has been added so far. Throws weir::error if nothing has been.
  value_type value() const { return function_.result(handle_.read_existing()); }
  value_type operator*() const { return value(); }

  template <class Default>
  value_type value_or(Default&& otherwise) const {
    const accumulator_type* const found = handle_.read();
    return found != nullptr ? value_type(function_.result(*found))
                            : static_cast<value_type>(std::forward<Default>(otherwise));
  }

  void clear() { handle_.clear(); }

 private:
  friend detail::state_access;
  template <bool WithTtl>
  using cell = detail::value_cell<accumulator_type, WithTtl>;
  using schema_types = detail::state_types<accumulator_type>;
  static constexpr std::string_view kind = "aggregating";

  void configure(const detail::state_setting& setting) { handle_.configure(setting); }
  template <class Cell>
  [[gnu::always_inline]] void point_at(Cell& cell, detail::presence_bits& bits, std::uint8_t mask) {
    handle_.point_at(cell, bits, mask);
  }

  detail::value_handle<accumulator_type> handle_;
  [[no_unique_address]] function_type function_;
};

}  // namespace weir
