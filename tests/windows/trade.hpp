#pragma once
// The element that the tests of aggregates use, and a seeded supply of it.
#include <cstdint>
#include <random>
#include <string>
#include <vector>

#include "weir/core/record.hpp"
#include "weir/core/timestamp.hpp"

namespace weir::testing {

struct trade {
  BOOST_HANA_DEFINE_STRUCT(trade, (std::string, symbol), (std::int32_t, price), (std::uint32_t, amount),
                           (double, weight), (timestamp, at), (bool, bought));
  friend bool operator==(const trade&, const trade&) = default;
};

/// Weights are multiples of 1/4, so that their sums are exact and can be compared.
inline std::vector<trade> random_trades(std::mt19937_64& random, std::size_t count) {
  std::vector<trade> trades;
  for (std::size_t i = 0; i < count; ++i) {
    trades.push_back({.symbol = std::string(1 + random() % 3, static_cast<char>('a' + random() % 4)),
                      .price = static_cast<std::int32_t>(random() % 21) - 10,
                      .amount = static_cast<std::uint32_t>(random() % 1000),
                      .weight = static_cast<double>(random() % 64) / 4 - 8,
                      .at = from_epoch_ms(static_cast<std::int64_t>(random() % 100)),
                      .bought = random() % 2 == 0});
  }
  return trades;
}

}  // namespace weir::testing
