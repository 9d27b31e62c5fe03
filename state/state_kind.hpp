#pragma once
// What the kinds of state have in common. A process function declares its states as members of a
// BOOST_HANA_DEFINE_STRUCT. Keyed are value_state, list_state, map_state, reducing_state and aggregating_state: all states
// of a key lie in one row (state_row.hpp); the members of the function are handles, which the operator points at the row of
// the current key before each call. An operator_list_state or broadcast_map_state belongs to the subtask and is no handle. A
// keyed state has
//   template <bool WithTtl> using cell           what the row holds for it; `cell::memory()` is a beside_entry
//   using schema_types = state_types<...>        what its bytes are made of
//   static constexpr std::string_view kind       its name in a schema
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <type_traits>

#include "weir/core/codec.hpp"
#include "weir/core/owned.hpp"
#include "weir/core/type_name.hpp"
#include "weir/state/ttl.hpp"

namespace weir::detail {

struct state_tag {};

/// What a state takes beside its table entry.
struct beside_entry {
  std::size_t counted = 0;  ///< where counted_memory.hpp sees it
  std::size_t owned = 0;    ///< by values that users gave: strings, vectors, and what is made of them

  beside_entry& operator+=(const beside_entry& other) noexcept {
    counted += other.counted;
    owned += other.owned;
    return *this;
  }
};

/// Whether a member of a function is a state.
template <class Member>
inline constexpr bool is_state = std::is_base_of_v<state_tag, Member>;

/// A state that belongs to the subtask and not to a key.
struct operator_state_tag : state_tag {};
template <class Member>
inline constexpr bool is_operator_state = std::is_base_of_v<operator_state_tag, Member>;

template <class... Types>
struct state_types {};

/// Says for eight values of a row which of them there are. An enumeration, so that writing one is not taken for a
/// possible write to anything else.
enum class presence_bits : std::uint8_t {};

/// What a handle is told once per subtask.
struct state_setting {
  std::string_view name;  ///< of the member
  const ttl_step* ttl;    ///< null: state does not expire
};

/// The operator's way to the private members of states.
struct state_access {
  /// Of keyed states only.
  template <class State>
  struct in_row {
    template <bool WithTtl>
    using cell = typename State::template cell<WithTtl>;
  };
  template <class State>
  struct parts {
    using schema_types = typename State::schema_types;
    static constexpr std::string_view kind = State::kind;
  };

  template <class State>
  static void configure(State& state, const state_setting& setting) {
    state.configure(setting);
  }
  template <class State, class Cell>
  [[gnu::always_inline]] static void point_at(State& state, Cell& cell, presence_bits& bits, std::uint8_t mask) {
    state.point_at(cell, bits, mask);
  }
  template <class State, class Cell>
  [[gnu::always_inline]] static void point_at(State& state, Cell& cell) {
    state.point_at(cell);
  }
  /// Of broadcast state: the way to change it.
  template <class State>
  static auto writer(State& state) {
    return state.writer();
  }
  /// Of operator state: bytes on the heap that its elements own; those of its containers are counted elsewhere.
  template <class State>
  static std::size_t owned(const State& state) {
    return state.owned();
  }
  /// Of operator state: its bytes, see operator_state.hpp.
  template <class State>
  static void encode(const State& state, std::string& out) {
    state.encode(out);
  }
  template <class State, class IsOwn>
  static void decode(State& state, std::string_view& in, IsOwn&& is_own) {
    state.decode(in, is_own);
  }
};

template <class Type>
struct storable_state {
  static_assert(
      !has_borrowed<Type>,
      "weir: state outlives the batch, but this type has std::string_view members, which point into it; store "
      "owned_t<T>, or std::string for std::string_view");
  static_assert(
      has_binary_form<Type>,
      "weir: state is written into snapshots, but this type has no binary form; use numbers, strings, timestamps, "
      "optionals, vectors, pairs, tuples or BOOST_HANA_DEFINE_STRUCT records of these");
  static_assert(std::is_default_constructible_v<Type>,
                "weir: state is read from snapshots into a new value, so its type must be default constructible");
};

[[noreturn]] void throw_no_value(std::string_view state_name);
/// For operator state that no subtask knows of.
[[noreturn]] void throw_state_without_subtask();
[[noreturn]] void throw_broadcast_state_unlisted();
/// For bytes that no row has; `what` completes the sentence "a row holds ...".
[[noreturn]] void throw_damaged_row(std::string_view what);

/// Reads how many `Element`s follow; more than can be there is refused before memory is asked for.
template <class Element>
std::uint64_t decode_count(std::string_view& in) {
  static_assert(encoded_bytes_min<Element>() > 0,
                "weir: state cannot hold a list of a type without members; store its size");
  const std::uint64_t count = decode_varint(in);
  if (count > in.size() / encoded_bytes_min<Element>()) throw_truncated(type_name<Element>(), count, in.size());
  return count;
}

}  // namespace weir::detail
