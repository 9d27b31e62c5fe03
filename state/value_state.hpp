#pragma once
// value_state: one value per key. See state_kind.hpp for how states are declared and dsl/process.hpp for their use.
#include <string_view>
#include <utility>

#include "weir/state/state_kind.hpp"
#include "weir/state/value_cell.hpp"

namespace weir {

/// One value of the current key, or none. It may be used during a call of `process` or `on_timer` only; references to
/// the value are valid until it is written or cleared, or the call ends.
/// Requires  a Value that the codec can write, is default constructible and borrows nothing.
template <class Value>
class value_state : detail::state_tag {
  static_assert(sizeof(detail::storable_state<Value>) > 0);

 public:
  using value_type = Value;

  value_state() = default;
  value_state(const value_state&) = default;
  value_state& operator=(const value_state&) = delete;

  bool has_value() const { return handle_.has_value(); }

  /// These throw weir::error if there is no value.
  const Value& value() const { return handle_.read_existing(); }
  const Value& operator*() const { return handle_.read_existing(); }
  const Value* operator->() const { return &handle_.read_existing(); }

  template <class Default>
  Value value_or(Default&& otherwise) const {
    const Value* const found = handle_.read();
    return found != nullptr ? *found : static_cast<Value>(std::forward<Default>(otherwise));
  }

  void update(const Value& value) { handle_.written() = value; }
  void update(Value&& value) { handle_.written() = std::move(value); }
  value_state& operator=(const Value& value) {
    update(value);
    return *this;
  }
  value_state& operator=(Value&& value) {
    update(std::move(value));
    return *this;
  }

  /// The value, to be changed in place, which counts as writing it. Throws weir::error if there is none.
  Value& edit() {
    handle_.read_existing();
    return handle_.written();
  }

  void clear() { handle_.clear(); }

 private:
  friend detail::state_access;
  template <bool WithTtl>
  using cell = detail::value_cell<Value, WithTtl>;
  using schema_types = detail::state_types<Value>;
  static constexpr std::string_view kind = "value";

  void configure(const detail::state_setting& setting) { handle_.configure(setting); }
  template <class Cell>
  [[gnu::always_inline]] void point_at(Cell& cell, detail::presence_bits& bits, std::uint8_t mask) {
    handle_.point_at(cell, bits, mask);
  }

  detail::value_handle<Value> handle_;
};

}  // namespace weir
