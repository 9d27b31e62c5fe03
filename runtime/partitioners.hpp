#pragma once
// Partitioners: which subtask behind an exchange gets a record.
//
//   hashes      the record has a key, whose hash decides: hash(record), target_of(hash, targets)
//   to_all      every subtask gets it
//   calls_user  it calls a function that may throw, which a message is to place at the record
//   void start(std::size_t subtask, std::size_t targets)    once, before any record
//   std::size_t target(const Record&, std::size_t targets)   unless to_all
#include <cstddef>
#include <cstdint>
#include <string>
#include <type_traits>

#include "weir/core/error.hpp"
#include "weir/core/hash.hpp"
#include "weir/core/key_group.hpp"

namespace weir::detail {

/// Hash partitioning: all records of one key go to one subtask. The hash travels with the record.
template <class Selector>
struct hash_partitioner {
  static constexpr bool hashes = true;
  static constexpr bool to_all = false;
  Selector selector;

  template <class Record>
  [[gnu::always_inline]] std::uint64_t hash(const Record& record) const {
    return stable_hash(selector(record));
  }
  void start(std::size_t, std::size_t) noexcept {}
  [[gnu::always_inline]] static std::size_t target_of(std::uint64_t hash, std::size_t targets) noexcept {
    return subtask_of_hash(hash, static_cast<std::uint32_t>(targets));
  }
  template <class Record>
  [[gnu::always_inline]] std::size_t target(const Record& record, std::size_t targets) const {
    return target_of(hash(record), targets);
  }
};

/// Subtask i sends to subtask i only.
struct forward_partitioner {
  static constexpr bool hashes = false;
  static constexpr bool to_all = false;
  void start(std::size_t, std::size_t) noexcept {}
  template <class Record>
  std::size_t target(const Record&, std::size_t) const noexcept {
    return 0;
  }
};

/// Round robin, each producer starting at its own index.
struct rebalance_partitioner {
  static constexpr bool hashes = false;
  static constexpr bool to_all = false;
  std::size_t next = 0;
  void start(std::size_t subtask, std::size_t targets) noexcept { next = subtask % targets; }
  template <class Record>
  std::size_t target(const Record&, std::size_t targets) noexcept {
    const std::size_t chosen = next;
    next = chosen + 1 < targets ? chosen + 1 : 0;
    return chosen;
  }
};

/// Uniformly random, from a seed and the producer's index (xorshift64*, Vigna 2016).
struct random_partitioner {
  static constexpr bool hashes = false;
  static constexpr bool to_all = false;
  std::uint64_t state = 0;
  void start(std::size_t subtask, std::size_t) noexcept { state = stable_hash(state + subtask) | 1; }
  template <class Record>
  std::size_t target(const Record&, std::size_t targets) noexcept {
    state ^= state >> 12;
    state ^= state << 25;
    state ^= state >> 27;
    const std::uint64_t high = (state * 0x2545f4914f6cdd1dULL) >> 32;
    return static_cast<std::size_t>((high * targets) >> 32);
  }
};

/// Every record to every subtask.
struct broadcast_partitioner {
  static constexpr bool hashes = false;
  static constexpr bool to_all = true;
  void start(std::size_t, std::size_t) noexcept {}
  /// What stands beside a record, which has no key, where others have the hash of theirs: a hash of the target's own
  /// groups.
  static std::uint64_t hash_at(std::size_t target, std::size_t targets) noexcept {
    const auto own = groups_of_subtask(static_cast<std::uint32_t>(target), static_cast<std::uint32_t>(targets));
    return std::uint64_t{own.first} << (64 - key_group_count{}.log2());
  }
};

/// Every record to subtask 0.
struct global_partitioner {
  static constexpr bool hashes = false;
  static constexpr bool to_all = false;
  void start(std::size_t, std::size_t) noexcept {}
  template <class Record>
  std::size_t target(const Record&, std::size_t) const noexcept {
    return 0;
  }
};

/// `function(record, targets)` names the target subtask.
template <class Function>
struct custom_partitioner {
  static constexpr bool hashes = false;
  static constexpr bool calls_user = true;
  static constexpr bool to_all = false;
  Function function;
  void start(std::size_t, std::size_t) noexcept {}
  template <class Record>
  std::size_t target(const Record& record, std::size_t targets) const {
    const auto answer = function(record, targets);
    const auto chosen = static_cast<std::size_t>(answer);  // a negative answer becomes a very large one
    if (chosen >= targets) {
      using shown = std::conditional_t<std::is_signed_v<decltype(answer)>, std::int64_t, std::size_t>;
      throw error("partition(f): f chose subtask " + std::to_string(static_cast<shown>(answer)) + " of " +
                  std::to_string(targets) + "; return a number from 0 to " + std::to_string(targets - 1));
    }
    return chosen;
  }
};

}  // namespace weir::detail
