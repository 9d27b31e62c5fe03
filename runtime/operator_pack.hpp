#pragma once
// Values of several types side by side: the operators of a chain, and what the batch loop works on instead of them. A
// tuple whose every use is one class and no function, because each job has its own; std::tuple and hana::tuple take
// some twenty functions each. An aggregate, so that a value is made where it stays.
#include <array>
#include <cstddef>
#include <type_traits>
#include <utility>

namespace weir::detail {

template <std::size_t Index, class Type, bool IsEmpty = std::is_empty_v<Type>>
struct packed {
  Type value;
};
template <std::size_t Index, class Type>
struct packed<Index, Type, true> {
  [[no_unique_address]] Type value;
};

template <class Indices, class... Types>
struct pack_of;
template <std::size_t... Index, class... Types>
struct pack_of<std::index_sequence<Index...>, Types...> : packed<Index, Types>... {
  static constexpr std::size_t size = sizeof...(Types);
};

/// Made as `operator_pack<A, B>{{a}, {b}}`.
template <class... Types>
using operator_pack = pack_of<std::index_sequence_for<Types...>, Types...>;

template <std::size_t Index, class Type, bool IsEmpty>
[[gnu::always_inline]] constexpr Type& packed_at(packed<Index, Type, IsEmpty>& of) noexcept {
  return of.value;
}
template <std::size_t Index, class Type, bool IsEmpty>
[[gnu::always_inline]] constexpr const Type& packed_at(const packed<Index, Type, IsEmpty>& of) noexcept {
  return of.value;
}

/// The places of those of `Chosen` that are true.
template <bool... Chosen>
struct places_of {
  static constexpr std::size_t count = (std::size_t{0} + ... + (Chosen ? 1 : 0));
  static constexpr auto places = [] {
    std::array<std::size_t, count> found{};
    [[maybe_unused]] std::size_t next = 0;
    std::size_t place = 0;
    ((Chosen ? void(found[next++] = place++) : void(++place)), ...);
    return found;
  }();
};

}  // namespace weir::detail
