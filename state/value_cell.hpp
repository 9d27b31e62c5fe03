#pragma once
// One value in a row, and the handle to it that value_state, reducing_state and aggregating_state share.
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include "weir/core/codec.hpp"
#include "weir/core/owned_bytes.hpp"
#include "weir/state/state_kind.hpp"
#include "weir/state/ttl.hpp"

namespace weir::detail {

/// Makes the default value of `value` and frees what it owned.
template <class Value>
void reset_value(Value& value) {
  if constexpr (!std::is_trivially_destructible_v<Value>) {
    std::destroy_at(&value);
    std::construct_at(&value);
  }
}

/// Whether there is a value is written in a bit of the row. Without that bit `value` is any valid object.
template <class Value, bool WithTtl>
struct value_cell {
  static constexpr bool has_presence_bit = true;
  static constexpr std::size_t bytes_max() { return encoded_bytes_max<Value>(); }
  Value value{};

  template <class Out>
  void encode(Out& out) const { weir::encode(value, out); }
  void decode(std::string_view& in) { weir::decode_into(in, value); }
  void clear() { reset_value(value); }
  static constexpr bool expired(const ttl_step&) noexcept { return false; }
  static constexpr processing_clock::time_point* touched_at() noexcept { return nullptr; }
  beside_entry memory() const { return {.owned = owned_bytes(value)}; }
};
template <class Value>
struct value_cell<Value, true> {
  static constexpr bool has_presence_bit = true;
  static constexpr std::size_t bytes_max() {
    return bytes_max_of_all({encoded_bytes_max<processing_clock::time_point>(), encoded_bytes_max<Value>()});
  }
  Value value{};
  processing_clock::time_point touched{};

  template <class Out>
  void encode(Out& out) const {
    weir::encode(touched, out);
    weir::encode(value, out);
  }
  void decode(std::string_view& in) {
    weir::decode_into(in, touched);
    weir::decode_into(in, value);
  }
  void clear() { reset_value(value); }
  bool expired(const ttl_step& step) const noexcept { return step.expired(touched); }
  processing_clock::time_point* touched_at() noexcept { return &touched; }
  beside_entry memory() const { return {.owned = owned_bytes(value)}; }
};

/// Points to the cell of the current row.
template <class Value>
class value_handle {
 public:
  void configure(const state_setting& setting) noexcept { setting_ = setting; }

  template <bool WithTtl>
  [[gnu::always_inline]] void point_at(value_cell<Value, WithTtl>& cell, presence_bits& bits,
                                       std::uint8_t mask) noexcept {
    value_ = &cell.value;
    bits_ = &bits;
    mask_ = mask;
    if constexpr (WithTtl) touched_ = cell.touched_at();
  }

  /// The value, or null, as a read finds it.
  Value* read() const {
    if (!is_set()) return nullptr;
    if (setting_.ttl != nullptr) [[unlikely]]
      return read_with_ttl();
    return value_;
  }
  /// The same; throws weir::error if there is none.
  Value& read_existing() const {
    Value* const found = read();
    if (found == nullptr) [[unlikely]]
      throw_no_value(setting_.name);
    return *found;
  }

  /// Whether a read would find a value. Touches as a read does, but does not use up an expired value.
  bool has_value() const {
    if (!is_set()) return false;
    if (setting_.ttl != nullptr) [[unlikely]]
      return has_value_with_ttl();
    return true;
  }

  /// The value, touched and there from now on, for the caller to assign to.
  Value& written() const noexcept {
    *bits_ = static_cast<presence_bits>(static_cast<std::uint8_t>(*bits_) | mask_);
    if (setting_.ttl != nullptr) [[unlikely]]
      *touched_ = setting_.ttl->now;
    return *value_;
  }

  void clear() const {
    if (!is_set()) return;
    unset();
    reset_value(*value_);
  }

 private:
  bool is_set() const noexcept { return (static_cast<std::uint8_t>(*bits_) & mask_) != 0; }
  void unset() const noexcept { *bits_ = static_cast<presence_bits>(static_cast<std::uint8_t>(*bits_) & ~mask_); }

  [[gnu::noinline]] Value* read_with_ttl() const {
    if (setting_.ttl->expired(*touched_)) {
      unset();
      if (setting_.ttl->returns_expired) return value_;  // stays where it is until something is written over it
      reset_value(*value_);
      return nullptr;
    }
    if (setting_.ttl->refreshes_on_read) *touched_ = setting_.ttl->now;
    return value_;
  }
  [[gnu::noinline]] bool has_value_with_ttl() const {
    return (setting_.ttl->returns_expired && setting_.ttl->expired(*touched_)) || read_with_ttl() != nullptr;
  }

  Value* value_ = nullptr;
  presence_bits* bits_ = nullptr;
  processing_clock::time_point* touched_ = nullptr;
  state_setting setting_{};
  std::uint8_t mask_ = 0;
};

}  // namespace weir::detail
