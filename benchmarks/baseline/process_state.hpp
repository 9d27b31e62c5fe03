#pragma once
// State per key by hand: the fastest open-addressing map of the usual libraries with all state of a key in one struct,
// one lookup per record. Needs Boost 1.81 or later.
#include <boost/unordered/unordered_flat_map.hpp>
#include <cstdint>
#include <functional>
#include <span>

#include "benchmarks/baseline/state_update.hpp"
#include "benchmarks/keyed_jobs.hpp"

namespace weir::benchmarks {

/// The running sums of `records`, added up.
[[gnu::noinline]] inline std::uint64_t hand_running_sums(hand_table<std::uint64_t>& sums,
                                                         std::span<const keyed_number> records) {
  std::uint64_t check = 0;
  for (const keyed_number& each : records) check += sums[each.key] += each.value;
  return check;
}

struct hand_account {
  bool small_seen = false;
  std::int64_t seen_at = 0;
  std::uint64_t spent = 0;
};
using hand_accounts = boost::unordered_flat_map<std::uint64_t, hand_account, hand_hash, std::equal_to<>>;

/// What the suspicions add up to.
[[gnu::noinline]] inline std::uint64_t hand_watch(hand_accounts& accounts, std::span<const payment> payments) {
  std::uint64_t check = 0;
  for (const payment& each : payments) {
    hand_account& account = accounts[each.account];
    account.spent += each.cents;
    if (each.cents > large_cents && account.small_seen && each.time_ms - account.seen_at <= suspicious_ms) {
      check += each.account ^ account.spent;
    }
    account.small_seen = each.cents < small_cents;
    if (account.small_seen) account.seen_at = each.time_ms;
  }
  return check;
}

}  // namespace weir::benchmarks
