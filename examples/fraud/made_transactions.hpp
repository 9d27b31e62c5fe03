#pragma once
// The transactions that the fraud example makes: 100 a second, on 5,000 accounts. One in sixteen is small, one in
// sixteen large. Transaction i depends only on a seed and on i.
#include <cstdint>

#include "examples/random_number.hpp"

struct made_transaction {
  std::int64_t account;
  std::int64_t cents;
  std::int64_t at_ms;  ///< since 1970
};

inline constexpr std::uint64_t accounts = 1'000'000;

inline made_transaction transaction_number(std::uint64_t seed, std::uint64_t index) {
  const std::uint64_t bits = random_number(seed, index);
  const auto within = [&](std::int64_t least, std::int64_t most) {
    return least + static_cast<std::int64_t>((bits >> 32) % static_cast<std::uint64_t>(most - least + 1));
  };
  const std::uint64_t size = bits >> 16 & 15;
  const std::int64_t cents = size == 0 ? within(1, 99) : size == 1 ? within(500'01, 2'000'00) : within(1'00, 500'00);
  const std::uint64_t account = index / 50 + (bits & 0xffff) % 2'000;  // every half a second one comes and one goes
  return {static_cast<std::int64_t>(account % accounts), cents,
          1'700'000'000'000 + static_cast<std::int64_t>(index) * 10};
}
