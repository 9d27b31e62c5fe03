#pragma once
// The row of a key: all states of a process function, in one table entry, so that a record costs one lookup. The
// function declares them as members of a BOOST_HANA_DEFINE_STRUCT; their names and types are the schema
// (state_schema.hpp).
//
// The bytes of a row, as snapshots hold them, in this order:
//   presence   one bit per state in declaration order, the first in the lowest bit of the first byte, and one more for
//   the
//              timers where the function has on_timer; as many bytes as that takes, unused bits zero
//   states     of those present, in declaration order, by the codec (core/codec.hpp)
//                value, reducing, aggregating    the value or the accumulator
//                list                            how many as varint, then the elements
//                map                             how many as varint, then key and value of each
//              With time to live a time stands before each value and element, and in maps between key and value: when
//              it was touched last, in milliseconds of processing time.
//   timers     if any: those of event time, how many as varint and the times ascending; then those of processing time
#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include "weir/state/row_cells.hpp"
#include "weir/state/state_kind.hpp"
#include "weir/state/timer_times.hpp"
#include "weir/state/ttl.hpp"

namespace weir {
namespace detail {

struct no_timer_times {};

}  // namespace detail

/// One key's states and timers. Move-only; what it is moved from is empty.
template <class Function, bool WithTtl, bool WithTimers>
class state_row : private detail::row_layout<Function, WithTtl, detail::state_fields<Function>>::cells {
  using layout = detail::row_layout<Function, WithTtl, detail::state_fields<Function>>;
  using cells = typename layout::cells;

 public:
  static constexpr std::size_t state_count = layout::count;

  state_row() = default;
  state_row(state_row&& other) noexcept
      : cells(std::move(static_cast<cells&>(other))),
        presence_(std::exchange(other.presence_, {})),
        timers_(std::move(other.timers_)) {}
  state_row& operator=(state_row&&) = delete;

  /// Tells the handles of `function`, once, what does not change from row to row.
  static void configure(Function& function, const detail::ttl_step* ttl) {
    each_index([&]<std::size_t Index>(index<Index>) {
      using field = typename layout::template field<Index>;
      detail::state_access::configure(function.*field::pointer, {field::name, ttl});
    });
  }

  /// Points the handles of `function` at this row, until it moves.
  [[gnu::always_inline]] void attach(Function& function) noexcept {
    each_index([&]<std::size_t Index>(index<Index>) __attribute__((always_inline)) {
      using field = typename layout::template field<Index>;
      if constexpr (layout::has_bit[Index]) {
        detail::state_access::point_at(function.*field::pointer, cell<Index>(), presence_byte<Index>(), mask<Index>());
      } else {
        detail::state_access::point_at(function.*field::pointer, cell<Index>());
      }
    });
  }

  /// Whether there is neither state nor timer, so that the row may be dropped.
  bool empty() const noexcept {
    if (presence_.any()) return false;
    bool nothing = true;
    each_index([&]<std::size_t Index>(index<Index>) {
      if constexpr (!layout::has_bit[Index]) nothing = nothing && cell<Index>().empty();
    });
    if constexpr (WithTimers) nothing = nothing && timers_.empty();
    return nothing;
  }

  /// Loads what states own elsewhere into the cache, for a loop over rows.
  void prefetch_parts() const noexcept
    requires(layout::lies_elsewhere)
  {
    each_index([&]<std::size_t Index>(index<Index>) {
      if constexpr (detail::can_prefetch<cell_type<Index>>) cell<Index>().prefetch();
    });
  }

  detail::timer_times& timers() noexcept
    requires WithTimers
  {
    return timers_;
  }
  const detail::timer_times& timers() const noexcept
    requires WithTimers
  {
    return timers_;
  }

  /// Removes what has expired.
  void drop_expired(const detail::ttl_step& step)
    requires WithTtl
  {
    each_index([&]<std::size_t Index>(index<Index>) {
      if constexpr (!layout::has_bit[Index]) {
        cell<Index>().drop_expired(step);
      } else if (has<Index>() && cell<Index>().expired(step)) {
        remove<Index>();
      }
    });
  }

  /// Whether rows may own memory that is not counted where it is allocated, and whether that grows with what is counted.
  static constexpr bool owns_memory =
      WithTimers || std::find(layout::owns.begin(), layout::owns.end(), true) != layout::owns.end();
  static constexpr bool owns_by_counted = layout::lists_own;

  /// Lists and maps are looked at only where that must be.
  detail::beside_entry memory() const {
    detail::beside_entry sum;
    each_index([&]<std::size_t Index>(index<Index>) {
      if constexpr (layout::owns[Index] || (owns_by_counted && !layout::has_bit[Index])) sum += cell<Index>().memory();
    });
    if constexpr (WithTimers) sum.owned += timers_.memory_bytes();
    return sum;
  }

  /// The most bytes that a row takes; no_bytes_max where there is no limit.
  static constexpr std::size_t encoded_bytes_max() noexcept {
    return WithTimers ? detail::no_bytes_max : detail::bytes_max_of_all({encoded_presence_bytes, layout::bytes_max});
  }

  /// Appends the bytes described above.
  template <class Out>
  void encode_to(Out& out) const {
    std::array<unsigned char, encoded_presence_bytes> presence{};
    each_index([&]<std::size_t Index>(index<Index>) {
      if (has<Index>()) presence[Index / 8] |= static_cast<unsigned char>(1u << Index % 8);
    });
    if constexpr (WithTimers) {
      if (!timers_.empty()) presence[timers_bit / 8] |= static_cast<unsigned char>(1u << timers_bit % 8);
    }
    for (const unsigned char byte : presence) out.push_back(static_cast<char>(byte));
    each_index([&]<std::size_t Index>(index<Index>) {
      if (has<Index>()) cell<Index>().encode(out);
    });
    if constexpr (WithTimers) {
      if (!timers_.empty()) timers_.encode(out);
    }
  }

  void decode_from(std::string_view& in) {
    std::array<unsigned char, encoded_presence_bytes> presence{};
    if (in.size() < presence.size()) detail::throw_truncated("row of state", presence.size(), in.size());
    std::copy_n(in.begin(), presence.size(), presence.begin());
    in.remove_prefix(presence.size());
    for (std::size_t bit = encoded_bits; bit < 8 * presence.size(); ++bit) {
      if ((presence[bit / 8] >> bit % 8 & 1u) != 0) detail::throw_damaged_row("more states than the function has");
    }
    each_index([&]<std::size_t Index>(index<Index>) {
      remove<Index>();
      if ((presence[Index / 8] >> Index % 8 & 1u) == 0) return;
      cell<Index>().decode(in);
      if constexpr (layout::has_bit[Index]) set<Index>();
    });
    if constexpr (WithTimers) {
      timers_.clear();
      if ((presence[timers_bit / 8] >> timers_bit % 8 & 1u) != 0) timers_.decode(in);
    }
  }

 private:
  template <std::size_t Index>
  using index = std::integral_constant<std::size_t, Index>;

  static constexpr std::size_t timers_bit = state_count;
  static constexpr std::size_t encoded_bits = state_count + (WithTimers ? 1 : 0);
  static constexpr std::size_t encoded_presence_bytes = (encoded_bits + 7) / 8;

  template <class Visitor>
  [[gnu::always_inline]] static constexpr void each_index(Visitor&& visitor) {
    [&]<std::size_t... Index>(std::index_sequence<Index...>)
        __attribute__((always_inline)) { (visitor(index<Index>{}), ...); }(std::make_index_sequence<state_count>{});
  }

  template <std::size_t Index>
  using cell_type = typename layout::template cell<Index>;
  template <std::size_t Index>
  cell_type<Index>& cell() noexcept {
    return static_cast<detail::cell_at<Index, cell_type<Index>>&>(*this).cell;
  }
  template <std::size_t Index>
  const cell_type<Index>& cell() const noexcept {
    return static_cast<const detail::cell_at<Index, cell_type<Index>>&>(*this).cell;
  }

  template <std::size_t Index>
  detail::presence_bits& presence_byte() noexcept {
    return presence_.bytes[layout::bits_before(Index) / 8];
  }
  template <std::size_t Index>
  static constexpr std::uint8_t mask() noexcept {
    return static_cast<std::uint8_t>(1u << layout::bits_before(Index) % 8);
  }

  template <std::size_t Index>
  bool has() const noexcept {
    if constexpr (layout::has_bit[Index]) {
      const auto byte = presence_.bytes[layout::bits_before(Index) / 8];
      return (static_cast<std::uint8_t>(byte) & mask<Index>()) != 0;
    } else {
      return !cell<Index>().empty();
    }
  }
  template <std::size_t Index>
  void set() noexcept {
    presence_byte<Index>() =
        static_cast<detail::presence_bits>(static_cast<std::uint8_t>(presence_byte<Index>()) | mask<Index>());
  }
  template <std::size_t Index>
  void remove() {
    cell<Index>().clear();
    if constexpr (layout::has_bit[Index]) {
      presence_byte<Index>() =
          static_cast<detail::presence_bits>(static_cast<std::uint8_t>(presence_byte<Index>()) & ~mask<Index>());
    }
  }

  [[no_unique_address]] detail::row_presence<layout::presence_bytes> presence_{};
  [[no_unique_address]] std::conditional_t<WithTimers, detail::timer_times, detail::no_timer_times> timers_{};
};

/// Appends the bytes of a row to `out`.
template <class Function, bool WithTtl, bool WithTimers, class Out>
void encode(const state_row<Function, WithTtl, WithTimers>& row, Out& out) {
  row.encode_to(out);
}

/// Reads a row from the front of `in` and advances it; what the row held before is replaced. Throws weir::error if the
/// bytes cannot be a row of this function; then the row is valid, and `in` unspecified.
template <class Function, bool WithTtl, bool WithTimers>
void decode_into(std::string_view& in, state_row<Function, WithTtl, WithTimers>& row) {
  row.decode_from(in);
}

}  // namespace weir
