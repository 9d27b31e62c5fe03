#pragma once
// The record that the runtime's tests send through jobs.
#include <cstdint>

#include "weir/core/record.hpp"
#include "weir/core/timestamp.hpp"

namespace weir::testing {

struct reading {
  BOOST_HANA_DEFINE_STRUCT(reading, (std::int32_t, key), (timestamp, at), (std::int64_t, value), (double, weight));
  friend auto operator<=>(const reading&, const reading&) = default;
};

/// The reading number i: 13 keys in an order that mixes them, one per millisecond, whole and fractional values.
inline reading reading_at(std::uint64_t i) {
  return {static_cast<std::int32_t>(i * 7 % 13), from_epoch_ms(static_cast<std::int64_t>(i)),
          static_cast<std::int64_t>(i % 101), 0.1 * static_cast<double>(i % 17)};
}

}  // namespace weir::testing
