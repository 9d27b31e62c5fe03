#pragma once
// reducing_state: one value per key, to which values are joined. See value_state.hpp for the rules of all states.
#include <functional>
#include <string_view>
#include <type_traits>
#include <utility>

#include "weir/state/state_kind.hpp"
#include "weir/state/value_cell.hpp"

namespace weir {

/// Holds what `Function(so_far, next)` makes of the values added for the current key; the first is taken without a
/// call. The function is configuration: it is copied per subtask and is no part of a snapshot.
template <class Value, class Function>
class reducing_state : detail::state_tag {
  static_assert(sizeof(detail::storable_state<Value>) > 0);
  static_assert(std::is_invocable_r_v<Value, const Function&, const Value&, const Value&>,
                "weir: reducing_state<T, F>: F must be callable as const with two const T& and return a T");

 public:
  using value_type = Value;

  reducing_state()
    requires std::is_default_constructible_v<Function>
  = default;
  explicit reducing_state(Function function) : function_(std::move(function)) {}
  reducing_state(const reducing_state&) = default;
  reducing_state& operator=(const reducing_state&) = delete;

  void add(const Value& value) {
    if (const Value* const held = handle_.read()) {
      Value joined = std::invoke(function_, *held, value);
      handle_.written() = std::move(joined);
    } else {
      handle_.written() = value;
    }
  }

  bool has_value() const { return handle_.has_value(); }

  /// These throw weir::error if nothing has been added.
  const Value& value() const { return handle_.read_existing(); }
  const Value& operator*() const { return handle_.read_existing(); }
  const Value* operator->() const { return &handle_.read_existing(); }

  template <class Default>
  Value value_or(Default&& otherwise) const {
    const Value* const found = handle_.read();
    return found != nullptr ? *found : static_cast<Value>(std::forward<Default>(otherwise));
  }

  void clear() { handle_.clear(); }

 private:
  friend detail::state_access;
  template <bool WithTtl>
  using cell = detail::value_cell<Value, WithTtl>;
  using schema_types = detail::state_types<Value>;
  static constexpr std::string_view kind = "reducing";

  void configure(const detail::state_setting& setting) { handle_.configure(setting); }
  template <class Cell>
  [[gnu::always_inline]] void point_at(Cell& cell, detail::presence_bits& bits, std::uint8_t mask) {
    handle_.point_at(cell, bits, mask);
  }

  detail::value_handle<Value> handle_;
  [[no_unique_address]] Function function_;
};

}  // namespace weir
