#pragma once
// How the states of a function lie in a row: a cell per state, and a bit for each that is not empty by itself when
// there is nothing in it. See state_row.hpp.
#include <algorithm>
#include <array>
#include <cstddef>
#include <tuple>
#include <type_traits>
#include <utility>

#include "weir/core/codec.hpp"
#include "weir/core/owned_bytes.hpp"
#include "weir/core/record.hpp"
#include "weir/state/state_fields.hpp"
#include "weir/state/state_kind.hpp"

namespace weir::detail {

template <class State, bool WithTtl>
using cell_in_row = typename state_access::in_row<State>::template cell<WithTtl>;

/// A cell that has something elsewhere, and can load it into the cache.
template <class Cell>
concept can_prefetch = requires(const Cell& cell) { cell.prefetch(); };

template <class Types>
inline constexpr bool any_type_owns_memory = false;
template <class... Types>
inline constexpr bool any_type_owns_memory<state_types<Types...>> = (owns_memory<Types> || ...);

/// The most bytes that a cell takes in a row; no_bytes_max where there is no limit.
template <class Cell>
constexpr std::size_t cell_bytes_max() {
  if constexpr (requires { Cell::bytes_max(); }) {
    return Cell::bytes_max();
  } else {
    return no_bytes_max;
  }
}

template <std::size_t Index, class Cell>
struct cell_at {
  Cell cell{};
};

/// Cells in the order in which they waste least space, each under its index in the declaration.
template <class Order, class... Cells>
struct ordered_cells;
template <std::size_t... Order, class... Cells>
struct ordered_cells<std::index_sequence<Order...>, Cells...>
    : cell_at<Order, std::tuple_element_t<Order, std::tuple<Cells...>>>... {};

/// The indices of the cells, those with the strictest alignment first.
template <class... Cells>
constexpr auto cell_order() {
  std::array<std::size_t, sizeof...(Cells)> order{};
  if constexpr (sizeof...(Cells) > 0) {
    constexpr std::size_t alignments[] = {alignof(Cells)...};
    for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
    for (std::size_t i = 1; i < order.size(); ++i) {
      for (std::size_t k = i; k > 0 && alignments[order[k]] > alignments[order[k - 1]]; --k) {
        std::swap(order[k], order[k - 1]);
      }
    }
  }
  return order;
}

template <class... Cells>
struct cells_of {
  static constexpr auto order = cell_order<Cells...>();
  template <std::size_t... Index>
  static auto make(std::index_sequence<Index...>) -> ordered_cells<std::index_sequence<order[Index]...>, Cells...>;
  using type = decltype(make(std::index_sequence_for<Cells...>{}));
};

template <class Function, bool WithTtl, class Fields>
struct row_layout;
template <class Function, bool WithTtl, class... Fields>
struct row_layout<Function, WithTtl, field_list<Fields...>> {
  static constexpr std::size_t count = sizeof...(Fields);
  template <std::size_t Index>
  using field = std::tuple_element_t<Index, std::tuple<Fields...>>;
  template <std::size_t Index>
  using cell = cell_in_row<state_of_field<Function, field<Index>>, WithTtl>;
  using cells = typename cells_of<cell_in_row<state_of_field<Function, Fields>, WithTtl>...>::type;

  static constexpr std::array<bool, count + 1> has_bit{
      cell_in_row<state_of_field<Function, Fields>, WithTtl>::has_presence_bit..., false};
  static constexpr bool lies_elsewhere = (can_prefetch<cell_in_row<state_of_field<Function, Fields>, WithTtl>> || ...);
  static constexpr std::size_t bytes_max =
      bytes_max_of_all({std::size_t{0}, cell_bytes_max<cell_in_row<state_of_field<Function, Fields>, WithTtl>>()...});
  /// Whether values in a state may own memory elsewhere.
  static constexpr std::array<bool, count + 1> owns{
      any_type_owns_memory<typename state_access::parts<state_of_field<Function, Fields>>::schema_types>..., false};
  /// Whether those in a list or a map may.
  static constexpr bool lists_own = [] {
    for (std::size_t index = 0; index < count; ++index) {
      if (owns[index] && !has_bit[index]) return true;
    }
    return false;
  }();
  /// How many of the first `index` states have a presence bit in the row.
  static constexpr std::size_t bits_before(std::size_t index) {
    return static_cast<std::size_t>(std::count(has_bit.begin(), has_bit.begin() + index, true));
  }
  static constexpr std::size_t presence_bytes = (bits_before(count) + 7) / 8;
};

template <std::size_t Bytes>
struct row_presence {
  presence_bits bytes[Bytes]{};
  bool any() const noexcept {
    unsigned all = 0;  // std::any_of would look at each byte by itself
    for (const presence_bits each : bytes) all |= static_cast<unsigned>(each);
    return all != 0;
  }
};
template <>
struct row_presence<0> {
  static constexpr bool any() noexcept { return false; }
};

}  // namespace weir::detail
