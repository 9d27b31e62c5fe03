#pragma once
// What travels beside a record inside a stage: its event time and its key hash, each only where the stream has one.
#include <cstdint>

#include "weir/core/timestamp.hpp"

namespace weir::detail {

/// The columns that a batch keeps beside its records. An absent column costs nothing.
struct columns {
  bool time = false;  ///< event time per record
  bool hash = false;  ///< stable 64-bit hash of the key per record
  friend bool operator==(const columns&, const columns&) = default;
};

template <columns Columns>
struct record_meta;

template <>
struct record_meta<columns{false, false}> {};

template <>
struct record_meta<columns{true, false}> {
  timestamp time;
};

template <>
struct record_meta<columns{false, true}> {
  std::uint64_t hash;
};

template <>
struct record_meta<columns{true, true}> {
  timestamp time;
  std::uint64_t hash;
};

template <class Meta>
inline constexpr columns columns_of = {};
template <columns Columns>
inline constexpr columns columns_of<record_meta<Columns>> = Columns;

using no_meta = record_meta<columns{}>;

/// Metadata with the columns that `Columns` asks for, taken from metadata that has at least these.
template <columns Columns, class Meta>
[[gnu::always_inline]] constexpr record_meta<Columns> narrow(const Meta& meta) noexcept {
  if constexpr (Columns.time && Columns.hash) {
    return {meta.time, meta.hash};
  } else if constexpr (Columns.time) {
    return {meta.time};
  } else if constexpr (Columns.hash) {
    return {meta.hash};
  } else {
    return {};
  }
}

}  // namespace weir::detail
