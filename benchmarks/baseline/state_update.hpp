#pragma once
// A sum per key by hand: the fastest open-addressing map of the usual libraries, one lookup per record.
#include <boost/unordered/unordered_flat_map.hpp>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>

#include "weir/core/hash.hpp"

namespace weir::benchmarks {

/// The same hash as weir's, so that only the tables differ.
struct hand_hash {
  using is_avalanching = void;
  using is_transparent = void;
  template <class Key>
  std::size_t operator()(const Key& key) const {
    return stable_hash(key);
  }
};

template <class Key>
using hand_table = boost::unordered_flat_map<Key, std::uint64_t, hand_hash, std::equal_to<>>;

/// Adds the index of each record to the sum of its key.
[[gnu::noinline]] inline void hand_update(hand_table<std::uint64_t>& sums, std::span<const std::uint64_t> keys) {
  for (std::size_t i = 0; i < keys.size(); ++i) sums[keys[i]] += i;
}

[[gnu::noinline]] inline void hand_update(hand_table<std::string>& sums, std::span<const std::string_view> keys) {
  for (std::size_t i = 0; i < keys.size(); ++i) {
    auto found = sums.find(keys[i]);
    if (found == sums.end()) [[unlikely]]
      found = sums.emplace(std::string(keys[i]), 0).first;
    found->second += i;
  }
}

}  // namespace weir::benchmarks
