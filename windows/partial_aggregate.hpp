#pragma once
// What crosses an exchange where the sender aggregates first: the accumulator of a key and window over some records.
#include <cstdint>
#include <string>
#include <string_view>
#include <type_traits>

#include "weir/core/owned.hpp"
#include "weir/core/record.hpp"
#include "weir/core/timestamp.hpp"
#include "weir/windows/aggregate_function.hpp"

namespace weir::detail {

/// A key as it travels in a batch: strings as views, which the batch copies into its arena.
template <class Key>
using travelling_key_t = std::conditional_t<std::is_same_v<Key, std::string>, std::string_view, Key>;

/// `records` of one key and window, aggregated. Its event time is the last instant of the window.
template <class Key, class Accumulator>
struct partial_aggregate {
  Key key;
  std::uint32_t records;
  Accumulator accumulator;
};

/// The same of one key and session: it lies in [event time, end).
template <class Key, class Accumulator>
struct partial_session {
  Key key;
  std::uint32_t records;
  timestamp end;
  Accumulator accumulator;
};

struct partial_key {
  template <class Partial>
  [[gnu::always_inline]] const auto& operator()(const Partial& partial) const noexcept {
    return partial.key;
  }
};

/// Aggregates partial aggregates as `Function` aggregates their elements.
template <class Function>
struct merging_function {
  using accumulator_type = typename Function::accumulator_type;
  using result_type = typename Function::result_type;
  static constexpr bool is_commutative = Function::is_commutative;
  static constexpr bool is_associative = Function::is_associative;
  static constexpr bool is_exact = Function::is_exact;
  static constexpr bool is_invertible = declares_invertible<Function>;
  static constexpr bool is_idempotent = declares_idempotent<Function>;

  constexpr accumulator_type create() const { return function.create(); }
  template <class Partial>
  constexpr void add(accumulator_type& accumulator, const Partial& partial) const {
    function.merge(accumulator, partial.accumulator);
  }
  constexpr void merge(accumulator_type& accumulator, const accumulator_type& later) const {
    function.merge(accumulator, later);
  }
  constexpr void unmerge(accumulator_type& accumulator, const accumulator_type& older) const
    requires invertible_aggregate<Function>
  {
    function.unmerge(accumulator, older);
  }
  constexpr result_type result(const accumulator_type& accumulator) const { return function.result(accumulator); }

  [[no_unique_address]] Function function;
};

/// How many records of the user's stream an element stands for.
template <class Element>
constexpr std::uint64_t records_in(const Element&) noexcept {
  return 1;
}
template <class Key, class Accumulator>
constexpr std::uint64_t records_in(const partial_aggregate<Key, Accumulator>& partial) noexcept {
  return partial.records;
}
template <class Key, class Accumulator>
constexpr std::uint64_t records_in(const partial_session<Key, Accumulator>& partial) noexcept {
  return partial.records;
}

template <class Element>
inline constexpr bool is_partial = false;
template <class Key, class Accumulator>
inline constexpr bool is_partial<partial_aggregate<Key, Accumulator>> = true;
template <class Key, class Accumulator>
inline constexpr bool is_partial<partial_session<Key, Accumulator>> = true;

}  // namespace weir::detail

namespace weir {

template <class Key, class Accumulator>
struct record_fields<detail::partial_aggregate<Key, Accumulator>> {
  using of = detail::partial_aggregate<Key, Accumulator>;
  using type = field_list<field<&of::key, "key">, field<&of::records, "records">,
                          field<&of::accumulator, "accumulator">>;
};
template <class Key, class Accumulator>
struct record_fields<detail::partial_session<Key, Accumulator>> {
  using of = detail::partial_session<Key, Accumulator>;
  using type = field_list<field<&of::key, "key">, field<&of::records, "records">, field<&of::end, "end">,
                          field<&of::accumulator, "accumulator">>;
};

}  // namespace weir
